"""The numbered faults of explanations: CC-S440 .. CC-S459."""

from base.faults import FaultKind

__all__ = [
    "BETTER_FOUND",
    "NOT_EXPLAINED",
    "NO_SEARCH_AREAS",
    "NO_SUCH_SITE",
    "PLAIN_AREAS",
    "WEAK_PROMISE",
]

NO_SUCH_SITE = FaultKind(
    "CC-S440",
    "there is no site {value}{like_en}",
    "没有编号为 {value} 的站点{like_zh}",
    "write the id of a site or candidate that takes part; generated candidates have theirs in "
    "the layer sites",
    "请填写参与计算的站点或候选点编号；自动生成的候选点编号见站点图层",
)

# Warnings: told with the answer, never raised.
NOT_EXPLAINED = FaultKind(
    "CC-S450",
    "no time was left for {count} of the questions: {what_en}",
    "有 {count} 个问题因时间不足未作解释：{what_zh}",
    "give explain more seconds, or ask less",
    "请增加 explain 的 seconds，或减少问题",
)
BETTER_FOUND = FaultKind(
    "CC-S451",
    "while it was being explained, something better than the answer was found: {what_en}",
    "解释过程中找到了优于当前方案的结果：{what_zh}",
    "solve again with more seconds before you use the explanations",
    "请增加求解时间重新计算后再使用这些解释",
)
WEAK_PROMISE = FaultKind(
    "CC-S452",
    "the search areas of {count} sites promise little: the limit lets them lose more than half "
    "of what the site itself adds ({ids})",
    "有 {count} 个站点的选址范围保证较弱：损失上限超过该站自身新增覆盖的一半（{ids}）",
    "state the limit of the site itself (search_areas: of: site)",
    "请改为按本站新增覆盖设定上限（search_areas: of: site）",
)
PLAIN_AREAS = FaultKind(
    "CC-S453",
    "the search areas promise what {service_en} is worth in the last year; services with counted "
    "places are not looked at: {what_en}",
    "选址范围只保证末年“{service_zh}”的成效，按容量计算的服务未予考虑：{what_zh}",
    "compare premises by solving the plan with them as candidates",
    "请将备选房源作为候选点重新求解后比较",
)
NO_SEARCH_AREAS = FaultKind(
    "CC-S454",
    "there are no search areas: every service that people walk to counts its places ({names_en})",
    "未给出选址范围：所有步行到达的服务均按容量计算（{names_zh}）",
    "compare premises by solving the plan with them as candidates",
    "请将备选房源作为候选点重新求解后比较",
)
