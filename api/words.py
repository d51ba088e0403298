"""What the command line says, in Chinese and English."""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping

from base.faults import Lang

__all__ = ["WORDS", "preferred_lang", "word"]


def preferred_lang() -> Lang:
    """``CARECIRCLE_LANG`` if set, else the system's language: zh where it is Chinese, else en."""
    wanted = os.environ.get("CARECIRCLE_LANG") or locale.getlocale()[0] or ""
    return "zh" if wanted.lower().startswith(("zh", "chinese")) else "en"


def word(key: str, lang: Lang | None = None, **values: object) -> str:
    """The text of ``key`` with its values filled in; in the preferred language by default."""
    zh, en = WORDS[key]
    return (zh if (lang or preferred_lang()) == "zh" else en).format(**values)


WORDS: Mapping[str, tuple[str, str]] = {
    # --help
    "app": (
        "养老服务规划引擎：站点设在哪里，谁在何时上门，哪条线路送哪份餐。",
        "Elder-care planning: where centres stand, who visits whom, which loop carries which meal.",
    ),
    "demo": (
        "生成示范城镇，依次完成选址、设施规划、上门服务和送餐，并检验全部答案。",
        "Generate a town, plan its sites, network, visits and meals, and check every answer.",
    ),
    "site": ("为情景文件选址。", "Propose sites for a scenario."),
    "plan": (
        "为情景文件制定多年设施规划：逐年新设、升级、关闭哪些设施。",
        "Plan a scenario's sites over years: what opens, closes or is upgraded when.",
    ),
    "visits": ("为情景文件编排一天的上门服务。", "Plan a day of home visits for a scenario."),
    "week": (
        "为情景文件编排一周的上门服务：每位老人由尽量少的护理员按固定时间上门。",
        "Plan a week of home visits: few people per client, at the same hours.",
    ),
    "meals": ("为情景文件编排一餐的配送。", "Plan the delivery of a meal for a scenario."),
    "check": (
        "用独立检验程序核对已写出的答案；发现任何违规即以状态码 1 退出。",
        "Run the independent checkers on written answers; exit with 1 on any violation.",
    ),
    "network": (
        "读取街道（线图层、.osm.pbf、OSMnx graphml），报告连通分量，可另存。",
        "Read streets (line layer, .osm.pbf, OSMnx graphml), report components, save them.",
    ),
    "templates": (
        "写出空白的办公表格（含示例行和填写说明）。",
        "Write empty office tables with an example row and notes.",
    ),
    "schema": ("打印情景文件的 JSON Schema。", "Print the JSON Schema of scenario files."),
    "scenario_arg": ("情景文件（YAML）。", "Scenario file (YAML)."),
    "out_opt": (
        "写入答案的文件夹； 已有的答案会被替换。",
        "Folder for the answer; an earlier answer in it is replaced.",
    ),
    "lang_opt": ("界面和报告的语言。", "Language of messages and reports."),
    "seconds_opt": (
        "求解时限（秒），默认取情景文件。",
        "Solve limit in seconds; the scenario's own by default.",
    ),
    "seed_opt": ("随机种子，默认取情景文件。", "Random seed; the scenario's own by default."),
    "size_opt": ("城镇规模。", "Size of the town."),
    "town_seed_opt": ("生成城镇的随机种子。", "Seed of the generated town."),
    "demo_seconds_opt": (
        "每项任务的求解时限（秒）； 多年规划至少 15 秒。",
        "Solve limit of each job in seconds; the plan over years gets 15 at least.",
    ),
    "data_opt": (
        "加密联系人表的文件夹， 密钥在其旁； 默认 CARECIRCLE_DATA 或 ~/.local/share/carecircle。",
        "Data folder of the encrypted contact table, its key beside it; by default"
        " CARECIRCLE_DATA, or ~/.local/share/carecircle.",
    ),
    "dir_arg": ("答案文件夹，或含有多个答案的文件夹。", "Folder of an answer, or of several."),
    "source_arg": ("街道文件。", "Street file."),
    "layer_opt": ("图层名（GPKG）。", "Layer name (GPKG)."),
    "crs_opt": (
        "声明的坐标系：EPSG 代码、gcj02 或 bd09。",
        "Declared system: an EPSG code, gcj02 or bd09.",
    ),
    "name_opt": ("街道名称所在的列。", "Column with the street's name."),
    "drop_opt": (
        "名称含此文字的街道不计入，可重复。",
        "Leave out streets whose name contains this; repeatable.",
    ),
    "network_out_opt": ("另存为 .npz，供情景文件引用。", "Save as .npz, to be named in scenarios."),
    "templates_arg": ("表格写入的文件夹。", "Folder for the tables."),
    # running
    "reading": ("读取图层和街道", "reading layers and streets"),
    "solving": ("求解", "solving"),
    "writing": ("写出结果", "writing results"),
    "town": ("生成城镇", "generating the town"),
    "job_site": ("选址", "siting"),
    "job_plan": ("设施规划", "plan of sites"),
    "job_visits": ("上门服务", "home visits"),
    "job_meals": ("送餐", "meals"),
    "job_week": ("一周上门服务", "week of visits"),
    "incumbent": ("当前最优 {value}", "best {value}"),
    "bound": ("界 {value}", "bound {value}"),
    "stopping": (
        "正在停止：保留目前最好的答案（再按一次立即中断）",
        "stopping: the best answer so far is kept (press again to abort)",
    ),
    "aborted": ("已中断；没有留下不完整的结果。", "Aborted; no half-finished answer was written."),
    # results
    "report_at": ("报告：{path}", "Report: {path}"),
    "no_answer": ("没有找到可行的答案。", "No feasible answer was found."),
    "conflict": ("以下规则不能同时满足：", "These rules cannot hold together:"),
    "clean": ("{path}：检验通过", "{path}: checks pass"),
    "violations": ("{path}：{count} 处违规", "{path}: {count} violations"),
    "faults": (
        "输入有 {count} 处问题，没有写出任何结果：",
        "Faults in the input: {count}; nothing was written:",
    ),
    "more_faults": ("……另有 {count} 处 {code}", "... and {count} more of {code}"),
    "components": (
        "{nodes} 个节点，{edges} 条边，{km} 公里；{count} 个连通分量",
        "{nodes} nodes, {edges} edges, {km} km; {count} components",
    ),
    "component": ("分量", "component"),
    "nodes": ("节点", "nodes"),
    "edges": ("边", "edges"),
    "length_km": ("长度（公里）", "length (km)"),
    "saved": ("已存为 {path}", "saved as {path}"),
    "written": ("已写出 {path}", "wrote {path}"),
}
