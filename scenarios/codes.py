"""The domain's numbered faults and warnings."""

from base.faults import FaultKind

# --- jobs: siting, visits, meals, stored answers (CC-S200 .. CC-S299) ---------------------------

PART_MISSING = FaultKind(
    "CC-S200",
    "the scenario has no part {part}",
    "方案中没有 {part} 部分",
    "add the part {part} to the scenario file",
    "请在方案文件中补充 {part} 部分",
)
NO_COLUMN = FaultKind(
    "CC-S201",
    "the layer has no column {column}; it has {known}",
    "图层没有字段 {column}；现有字段：{known}",
    "name a column of the layer in the scenario",
    "请在方案中填写图层已有的字段名",
)
NO_DEMAND = FaultKind(
    "CC-S202",
    "the demand layers hold nobody: every cell is empty",
    "需求图层中没有人口：所有人群单元均为空",
    "check the count columns, the shares and the weights of the cells",
    "请检查各人群单元的人数字段、占比和权重",
)
NO_SITES = FaultKind(
    "CC-S203",
    "the siting has neither a site that serves nor a candidate",
    "布点方案中既没有提供服务的设施，也没有候选点",
    "add a layer of sites or let candidates be generated",
    "请添加设施图层或设置候选点生成方式",
)
SOURCE_NEEDED = FaultKind(
    "CC-S204",
    "candidates on {on} need a layer of polygons",
    "按 {on} 生成候选点需要提供面图层",
    "name the layer under candidates: source",
    "请在 candidates: source 中指定图层",
)
NEW_SITES_MISSING = FaultKind(
    "CC-S205",
    "the question {question} needs the number of new sites",
    "问题 {question} 需要给出新增设施数量",
    "set siting: new_sites (lscp finds the number itself and must leave it out)",
    "请设置 siting: new_sites（lscp 自行求数量，不填）",
)
CHECK_REFUSED = FaultKind(
    "CC-S206",
    "the independent checker refuses this answer: {what}",
    "独立校验未通过：{what}",
    "report it with the scenario file; no answer was handed out",
    "请附方案文件反馈；系统未输出任何结果",
)
TOO_MANY_SKILLS = FaultKind(
    "CC-S207",
    "the visits ask for {count} different skills; at most {limit} can be told apart",
    "探访所需技能共 {count} 种，最多支持 {limit} 种",
    "merge skills that always go together",
    "请合并总是同时要求的技能",
)
UNKNOWN_REFERENCE = FaultKind(
    "CC-S208",
    "{what} names {value}, which does not exist",
    "{what} 引用的 {value} 不存在",
    "correct the reference or add the missing entry",
    "请更正引用或补充缺失的条目",
)
DUPLICATE_ID = FaultKind(
    "CC-S209",
    "{what} uses the id {value} more than once",
    "{what} 的编号 {value} 重复",
    "give every entry an id of its own",
    "请为每一项设置唯一编号",
)
NOTHING_TO_PLAN = FaultKind(
    "CC-S210",
    "there is nothing to plan: {what} is empty",
    "没有可排的内容：{what} 为空",
    "check that the table has rows of this day",
    "请检查表格中是否有当天的记录",
)
NO_START = FaultKind(
    "CC-S211",
    "the carrier has neither a start nor a kitchen to load at",
    "配送员既没有出发点，也没有可装餐的厨房",
    "name its kitchens or add a kitchen",
    "请填写可用厨房或添加厨房",
)

# Warnings: told with the answer, never raised.
FAR_FROM_STREET = FaultKind(
    "CC-S230",
    "{count} of {total} points of {what} lie more than {limit} m from a street, the farthest "
    "{worst} m: {rows}",
    "{what} 的 {total} 个点中有 {count} 个距道路超过 {limit} 米，最远 {worst} 米：{rows}",
    "check these places and the street layer; the way to the street counts as walked",
    "请核对这些位置和道路图层；到道路的距离按步行计入",
)
CRS_DOUBTFUL = FaultKind(
    "CC-S231",
    "declared {declared}, but {best} fits the streets better (median {best_m} m against "
    "{declared_m} m; the two lie {shift_m} m apart)",
    "声明坐标系为 {declared}，但 {best} 与道路更吻合（中位距离 {best_m} 米，声明为 {declared_m} 米；"
    "两者相差 {shift_m} 米）",
    "check the crs of this layer in the scenario",
    "请核对方案中该图层的坐标系",
)
OUTSIDE_DISTRICTS = FaultKind(
    "CC-S232",
    "{count} of {total} demand places lie in no sub-district; they count in the total only",
    "{total} 个需求点中有 {count} 个不在任何街道内，仅计入合计",
    "check the layer of sub-districts",
    "请检查街道边界图层",
)
BEYOND_REACH = FaultKind(
    "CC-S233",
    "{persons} persons at {count} places cannot be covered by any site or candidate",
    "{count} 处共 {persons} 人无法被任何设施或候选点覆盖",
    "add candidates near them; the layer uncovered_demand shows where",
    "请在附近增加候选点；见图层 uncovered_demand",
)
CANDIDATES_DROPPED = FaultKind(
    "CC-S234",
    "{count} generated candidates on {on} were left out: farther than {limit} m from a street",
    "{on} 生成的候选点中有 {count} 个因距道路超过 {limit} 米被舍去",
    "nothing, unless a place you know is missing",
    "一般无需处理；如缺少已知地点请核对道路图层",
)
STREETS_CUT_OFF = FaultKind(
    "CC-S235",
    "{count} pieces of the street network ({km} km) hang on nothing and were left out",
    "道路网中有 {count} 个孤立部分（{km} 千米）被舍去",
    "check the street layer where whole quarters are missing",
    "若缺少整片街区，请检查道路图层",
)
STOCK_SHORT = FaultKind(
    "CC-S236",
    "{ordered} portions are ordered, the kitchens cook {stock}: {orders} orders go without "
    "(last ones in the table first)",
    "共订 {ordered} 份，厨房可供 {stock} 份：{orders} 个订单无餐（按表格顺序，后到者先减）",
    "raise the kitchens' portions or agree on other meals with these clients",
    "请增加厨房份数，或与相关老人另行安排",
)
STOCK_SHARED_OUT = FaultKind(
    "CC-S237",
    "one kitchen alone cannot cook everything: orders were given to kitchens before the rounds "
    "({shares})",
    "单个厨房份数不足：已在排线前将订单分配到各厨房（{shares}）",
    "nothing; or name the kitchen in the order table",
    "无需处理；也可在订单表中指定厨房",
)
RING_ROADS_KEPT = FaultKind(
    "CC-S238",
    "no street name contains {name}, so nothing was dropped for it",
    "没有道路名称包含 {name}，未按此删除任何道路",
    "check the spelling under network: drop_names",
    "请检查 network: drop_names 的写法",
)

# Stored answers.
FOLDER_IN_USE = FaultKind(
    "CC-S250",
    "the folder holds files that are no carecircle answer",
    "输出文件夹中有非 carecircle 结果的文件",
    "name a new or empty folder",
    "请指定新的或空的文件夹",
)
NO_ANSWER_HERE = FaultKind(
    "CC-S251",
    "this is no folder of an answer: {missing} is missing",
    "这不是结果文件夹：缺少 {missing}",
    "name the folder that --out wrote",
    "请指定 --out 写出的文件夹",
)
UNREADABLE_ANSWER = FaultKind(
    "CC-S252",
    "the stored answer cannot be read: {why}",
    "无法读取已保存的结果：{why}",
    "write the answer anew",
    "请重新生成结果",
)
UNKNOWN_SCHEMA = FaultKind(
    "CC-S253",
    "the file has schema version {version}; this version of carecircle reads {known}",
    "文件的 schema 版本为 {version}；本版本支持 {known}",
    "use the version of carecircle that wrote it",
    "请使用写出该文件的 carecircle 版本",
)
