"""The domain's numbered faults.

S001-S199 are scenario files, catalogues, office tables, ledgers, places and contacts; later
blocks of the other modules follow below, from S200 on. Office tables hold personal data, so
their faults name row and column and never repeat what a cell holds.
"""

from base.faults import FaultKind

__all__ = [
    "BAD_CATALOGUE",
    "BAD_CELL",
    "BAD_POLICY_PACK",
    "BAD_SCENARIO_VALUE",
    "BAD_TABLE_FORMAT",
    "BEYOND_REACH",
    "CANDIDATES_DROPPED",
    "CHECK_REFUSED",
    "CONTACTS_DAMAGED",
    "CONTACTS_KEY_MISSING",
    "CONTACTS_KEY_OPEN",
    "CONTACTS_KEY_WRONG",
    "CRS_NOT_USABLE",
    "DUPLICATE_COLUMN",
    "DUPLICATE_FIELD",
    "DUPLICATE_ID",
    "EMPTY_CELL",
    "FAR_FROM_STREET",
    "FIELDS_DISAGREE",
    "FILE_MISSING",
    "FOLDER_IN_USE",
    "ID_HOLDS_PERSONAL_DATA",
    "ID_TWICE",
    "ISLANDS_JOINED",
    "LINK_UNKNOWN",
    "LISTS_DIFFER",
    "MISSING_COLUMN",
    "MISSING_FIELD",
    "NAMED_TOO_FEW",
    "NAME_NOT_FOUND",
    "NOTHING_TO_PLAN",
    "NOT_YAML",
    "NO_ANSWER_HERE",
    "NO_DEMAND",
    "NO_ROWS",
    "NO_SITES",
    "OUTSIDE_DISTRICTS",
    "OUTSIDE_FOLDER",
    "PART_MISSING",
    "PLACES_BESIDE_UNITS",
    "PLACE_TWICE",
    "PSEUDONYM_CLASH",
    "PSEUDONYM_NEEDS_KEY",
    "ROWS_UNPLACED",
    "SHAPES_REPAIRED",
    "SOURCE_NEEDED",
    "STATIONS_WITHOUT_UNIT",
    "STOCK_SHARED_OUT",
    "STOCK_SHORT",
    "STREETS_CUT_OFF",
    "TOO_FEW_UNITS",
    "TOO_MANY_SKILLS",
    "UNEVEN_CATCHMENTS",
    "UNKNOWN_EQUIPMENT",
    "UNKNOWN_FACT",
    "UNKNOWN_FIELD",
    "UNKNOWN_POLICY_PACK",
    "UNKNOWN_REFERENCE",
    "UNKNOWN_SCHEMA",
    "UNKNOWN_SERVICE",
    "UNKNOWN_SKILL",
    "UNPLACED_ROW",
    "UNREADABLE_ANSWER",
    "VISITS_ELSEWHERE",
    "WISHES_FOR_STRANGERS",
]

# --- scenario files: S001-S019 ---------------------------------------------------------------
FILE_MISSING = FaultKind(
    "CC-S001",
    "the file {file} does not exist",
    "文件 {file} 不存在",
    "correct the path (it counts from the folder of the scenario file), or put the file there",
    "请更正路径（相对于情景文件所在文件夹），或把文件放到该处",
)
NOT_YAML = FaultKind(
    "CC-S002",
    "the file cannot be read as YAML: {why_en}",
    "无法按 YAML 读取该文件：{why_zh}",
    "correct the line; indent with spaces, in UTF-8, one mapping at the top",
    "请更正该行；用空格缩进，UTF-8 编码，顶层为一个映射",
)
DUPLICATE_FIELD = FaultKind(
    "CC-S003",
    "the field {field} is given twice, first in line {first}",
    "字段 {field} 出现两次，首次在第 {first} 行",
    "keep one of the two",
    "请只保留其中一处",
)
MISSING_FIELD = FaultKind(
    "CC-S004",
    "the field is missing",
    "缺少该字段",
    "add it; docs/scenario.schema.json describes every field",
    "请补上该字段；各字段说明见 docs/scenario.schema.json",
)
UNKNOWN_FIELD = FaultKind(
    "CC-S005",
    "no such field",
    "没有这个字段",
    "correct it: {hint_en}",
    "请更正：{hint_zh}",
)
BAD_SCENARIO_VALUE = FaultKind(
    "CC-S006",
    "the value {value} cannot be used: {why_en}",
    "值 {value} 无法使用：{why_zh}",
    "give a value that fits; text that looks like a number goes in quotes",
    "请填写合适的值；形似数字的文本请加引号",
)
FIELDS_DISAGREE = FaultKind(
    "CC-S007",
    "fields do not fit together: {why_en}",
    "字段之间不相符：{why_zh}",
    "make them fit: {hint_en}",
    "请修改：{hint_zh}",
)
OUTSIDE_FOLDER = FaultKind(
    "CC-S008",
    "the path {file} leads out of the scenario's folder",
    "路径 {file} 指向情景文件夹之外",
    "put the file into the scenario's folder",
    "请把文件放入情景文件夹内",
)

# --- catalogues: S020-S029 -------------------------------------------------------------------
BAD_CATALOGUE = FaultKind(
    "CC-S020",
    "the service catalogue cannot be used: {why_en}",
    "服务目录无法使用：{why_zh}",
    "correct the entry",
    "请更正该条目",
)
UNKNOWN_SERVICE = FaultKind(
    "CC-S021",
    "the column {column} names a service that the catalogue does not have",
    "“{column}”列中的服务不在服务目录内",
    "use an id or name of the catalogue, or add the service to it",
    "请使用服务目录中的编号或名称，或在目录中增加该服务",
)
UNKNOWN_SKILL = FaultKind(
    "CC-S022",
    "the column {column} names a skill that the catalogue does not have",
    "“{column}”列中的技能不在技能表内",
    "use one of: {known}",
    "请使用以下之一：{known}",
)

# --- office tables: S030-S059 ----------------------------------------------------------------
BAD_TABLE_FORMAT = FaultKind(
    "CC-S030",
    "tables are written as .csv or .xlsx, not {ending}",
    "表格只能写成 .csv 或 .xlsx，不支持 {ending}",
    "choose one of the two endings",
    "请选用这两种扩展名之一",
)
MISSING_COLUMN = FaultKind(
    "CC-S031",
    "the table has no column {column}",
    "表格缺少“{column}”列",
    "add the column; it may be headed: {known}",
    "请添加该列；表头可写作：{known}",
)
BAD_CELL = FaultKind(
    "CC-S032",
    "the cell in column {column} cannot be read; expected {rule_en}",
    "“{column}”列的内容无法识别；应为{rule_zh}",
    "correct the cell",
    "请更正该单元格",
)
EMPTY_CELL = FaultKind(
    "CC-S033",
    "the cell in column {column} is empty",
    "“{column}”列为空",
    "fill it in",
    "请填写",
)
DUPLICATE_ID = FaultKind(
    "CC-S034",
    "the id in column {column} is already used in row {first}",
    "“{column}”列的编号与第 {first} 行重复",
    "give every row an id of its own",
    "请为每一行使用不同的编号",
)
LINK_UNKNOWN = FaultKind(
    "CC-S035",
    "the column {column} names a visit that is not in the table, or the row itself",
    "“{column}”列所指的访视不在表中，或指向本行",
    "name another visit of the same table",
    "请填写同一表中另一次访视的编号",
)
UNPLACED_ROW = FaultKind(
    "CC-S036",
    "the row has no coordinates and its compound and building are not in the place table",
    "该行没有坐标，且其小区、楼栋不在地点表中",
    "add the building to the place table, or give lon and lat in the row",
    "请在地点表中补充该楼栋，或在该行填写经度和纬度",
)
DUPLICATE_COLUMN = FaultKind(
    "CC-S037",
    "two columns, {first} and {second}, mean the same",
    "“{first}”与“{second}”两列含义相同",
    "keep one of them",
    "请只保留其中一列",
)
NO_ROWS = FaultKind(
    "CC-S038",
    "the table has no rows",
    "表格没有数据行",
    "fill the table in, or name another sheet",
    "请填写表格，或指定其他工作表",
)
CRS_NOT_USABLE = FaultKind(
    "CC-S039",
    "the coordinates cannot be read in the declared system {crs}",
    "坐标无法按声明的坐标系 {crs} 解读",
    "declare the system that the columns are in: EPSG:n, gcj02 or bd09",
    "请声明坐标列实际采用的坐标系：EPSG:n、gcj02 或 bd09",
)
PLACE_TWICE = FaultKind(
    "CC-S040",
    "the place table has this compound and building in row {first} at another point",
    "地点表中该小区和楼栋已在第 {first} 行出现，但坐标不同",
    "keep one row for every building",
    "每个楼栋只保留一行",
)

# --- ledgers and contacts: S060-S099 ---------------------------------------------------------
ID_HOLDS_PERSONAL_DATA = FaultKind(
    "CC-S060",
    "the id in column {column} looks like a name, phone or identity number",
    "“{column}”列的编号疑似姓名、电话或身份证号",
    "use ids that say nothing about the person, or open the contact store so that"
    " pseudonyms can be made",
    "请使用不含个人信息的编号，或启用联系人库以生成化名",
)
PSEUDONYM_NEEDS_KEY = FaultKind(
    "CC-S061",
    "the row has no id that is free of personal data, and no key to make one",
    "该行没有不含个人信息的编号，且没有用于生成化名的密钥",
    "open the contact store, or add a column with ids",
    "请启用联系人库，或增加编号列",
)
PSEUDONYM_CLASH = FaultKind(
    "CC-S062",
    "the row belongs to another person than row {first}, but both would get the same id",
    "该行与第 {first} 行不是同一人，但会得到相同的化名",
    "give one of the two an id of its own in the id column",
    "请在编号列为其中一人填写单独的编号",
)
LISTS_DIFFER = FaultKind(
    "CC-S063",
    "the column {column} lists {got} entries for {expected} services",
    "“{column}”列有 {got} 项，而服务有 {expected} 项",
    "give one entry for all services, or one for each, in the same order",
    "请为所有服务填写一项，或按相同顺序逐项填写",
)
CONTACTS_KEY_MISSING = FaultKind(
    "CC-S070",
    "there are contacts, but the key file {file} is missing",
    "已有联系人数据，但缺少密钥文件 {file}",
    "put the key file back from your backup; without it the contacts cannot be read",
    "请从备份恢复密钥文件；没有它就无法读取联系人",
)
CONTACTS_KEY_WRONG = FaultKind(
    "CC-S071",
    "the key file {file} does not open the contacts, or they were changed",
    "密钥文件 {file} 无法打开联系人数据，或数据已被改动",
    "use the key that the contacts were written with, or restore both from one backup",
    "请使用写入时的密钥，或从同一备份恢复两个文件",
)
CONTACTS_KEY_OPEN = FaultKind(
    "CC-S072",
    "others on this machine may read the key file {file}",
    "本机其他用户可以读取密钥文件 {file}",
    "take the rights of others away (chmod 600)",
    "请取消其他用户的权限（chmod 600）",
)
CONTACTS_DAMAGED = FaultKind(
    "CC-S073",
    "the contacts in {file} have a form that this version does not know",
    "{file} 中的联系人数据格式不受此版本支持",
    "use the version that wrote them, or restore a backup",
    "请使用写入时的版本，或恢复备份",
)

# --- jobs: siting, visits, meals, stored answers (CC-S200 .. CC-S299) ---------------------------

PART_MISSING = FaultKind(
    "CC-S200",
    "the scenario has no part {part}",
    "方案中没有 {part} 部分",
    "add the part {part} to the scenario file",
    "请在方案文件中补充 {part} 部分",
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
CHECK_REFUSED = FaultKind(
    "CC-S206",
    "the independent checker refuses this answer: {what_en}",
    "独立校验未通过：{what_zh}",
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
ID_TWICE = FaultKind(
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

# Warnings: told with the answer, never raised.
FAR_FROM_STREET = FaultKind(
    "CC-S230",
    "{count} of {total} points of {what} lie more than {limit} m from a street, the farthest "
    "{worst} m: {rows}",
    "{what} 的 {total} 个点中有 {count} 个距道路超过 {limit} 米，最远 {worst} 米：{rows}",
    "check these places and the street layer; the way to the street counts as walked",
    "请核对这些位置和道路图层；到道路的距离按步行计入",
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
NAME_NOT_FOUND = FaultKind(
    "CC-S238",
    "no street name contains {name}, so nothing was dropped for it",
    "没有道路名称包含 {name}，未按此删除任何道路",
    "check the spelling under network: drop_names",
    "请检查 network: drop_names 的写法",
)
SHAPES_REPAIRED = FaultKind(
    "CC-S239",
    "{count} invalid shapes were repaired, rows {rows}",
    "已修复 {count} 个无效图形，行：{rows}",
    "nothing, or mend the layer (QGIS: Fix geometries)",
    "无需处理，或修正图层（QGIS：修正几何图形）",
)
ROWS_UNPLACED = FaultKind(
    "CC-S240",
    "{count} rows could not be placed and are left out, rows {rows}",
    "有 {count} 行无法定位，未参与计算，行：{rows}",
    "place them by hand: the table unplaced.csv lists them with the closest spellings",
    "请手工定位：见 unplaced.csv，其中列有相近写法",
)

# Days of visits (CC-S220 .. CC-S229).
WISHES_FOR_STRANGERS = FaultKind(
    "CC-S220",
    "{count} rows wish for people who are not in the carers' table; these wishes are left out, "
    "rows {rows}",
    "有 {count} 行的期望护理员不在护理员表中，这些期望未计入，行：{rows}",
    "correct the names, or write the carers' ids",
    "请更正姓名，或填写护理员编号",
)
NAMED_TOO_FEW = FaultKind(
    "CC-S221",
    "the visit needs {staff} people, all of them to be named ones, and names {count}",
    "该服务需要 {staff} 人且必须由指定人员上门，但只指定了 {count} 人",
    "name more people, or leave out (must)",
    "请指定更多人员，或去掉“（必须）”",
)
UNKNOWN_EQUIPMENT = FaultKind(
    "CC-S222",
    "there is no such equipment as {value}; the catalogue has {known}",
    "没有名为 {value} 的设备；服务目录中有：{known}",
    "correct the name under visits.equipment",
    "请更正 visits.equipment 中的名称",
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

# --- territory: catchments (CC-S270 .. CC-S279) -------------------------------------------------

STATIONS_WITHOUT_UNIT = FaultKind(
    "CC-S270",
    "{count} stations have no unit of their own to start from: {ids}",
    "{count} 个驿站没有自己的所在单元：{ids}",
    "their catchments may lie away from them; draw smaller units or leave one station per unit",
    "其责任片区可能不含驿站所在地；请细分单元，或每个单元只保留一个驿站",
)
ISLANDS_JOINED = FaultKind(
    "CC-S271",
    "{count} groups of units touch no others within {snap} m; each was joined with the nearest",
    "有 {count} 组单元在 {snap} 米内与其他单元不相邻，已分别与最近的单元连接",
    "raise snap_m where streets lie between the units; else nothing needs doing",
    "若单元之间隔有道路，请增大 snap_m；否则无需处理",
)
TOO_FEW_UNITS = FaultKind(
    "CC-S272",
    "{stations} stations cannot share {units} units",
    "{units} 个单元不足以分给 {stations} 个驿站",
    "give smaller units (catchments: units or grid_m), or fewer stations",
    "请提供更小的单元（catchments: units 或 grid_m），或减少驿站",
)
PLACES_BESIDE_UNITS = FaultKind(
    "CC-S273",
    "{count} demand places lie outside all units; each counts in the nearest one",
    "{count} 个需求点位于所有单元之外，已计入最近的单元",
    "complete the layer of units if they lie far off",
    "若距离较远，请补全单元图层",
)
VISITS_ELSEWHERE = FaultKind(
    "CC-S274",
    "{count} of {total} visits lie outside the catchment of station {station} and are left out",
    "{total} 次探访中有 {count} 次位于驿站 {station} 的责任片区之外，未列入计划",
    "plan them with the stations that they belong to",
    "请在其所属驿站的计划中安排",
)
UNEVEN_CATCHMENTS = FaultKind(
    "CC-S275",
    "the catchments miss the balance of {tolerance} %: work runs from {least} % ({least_id}) to "
    "{most} % ({most_id}) of the targets, {off} of {total} stations are beyond the tolerance, "
    "{empty} have no unit; at least {bound} % off is proved unavoidable",
    "责任片区未达到 {tolerance} % 的均衡要求：工作量为目标的 {least} %（{least_id}）至 {most} %"
    "（{most_id}），{total} 个驿站中有 {off} 个超出容许偏差，{empty} 个没有单元；"
    "已证明偏差至少为 {bound} %",
    "give smaller units, targets by floor area (share_by), more seconds, or a wider tolerance",
    "请提供更小的单元、按建筑面积设定目标（share_by）、增加求解时间，或放宽容许偏差",
)

# --- rule packs and the demo town: CC-S300 .. CC-S399 --------------------------------------------

BAD_POLICY_PACK = FaultKind(
    "CC-S300",
    "the rule pack cannot be used: {why}",
    "规则包无法使用：{why}",
    "correct the entry; every fact needs value, unit, text and verified",
    "请更正该条目；每条事实需有 value、unit、text 和 verified",
)
UNKNOWN_POLICY_PACK = FaultKind(
    "CC-S301",
    "there is no rule pack {pack}; there are {known}",
    "没有规则包 {pack}；现有：{known}",
    "name one of them",
    "请使用其中之一",
)
UNKNOWN_FACT = FaultKind(
    "CC-S302",
    "the rule pack has no such fact as {fact}; it has {known}",
    "规则包中没有可用的事实 {fact}；现有：{known}",
    "name one of them",
    "请使用其中之一",
)
