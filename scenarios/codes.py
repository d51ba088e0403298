"""The domain's numbered faults.

S001-S199 are scenario files, catalogues, office tables, ledgers, places and contacts; later
blocks of the other modules follow below, from S200 on. Office tables hold personal data, so
their faults name row and column and never repeat what a cell holds.
"""

from base.faults import FaultKind

__all__ = [
    "BAD_CATALOGUE",
    "BAD_CELL",
    "BAD_SCENARIO_VALUE",
    "BAD_TABLE_FORMAT",
    "CONTACTS_DAMAGED",
    "CONTACTS_KEY_MISSING",
    "CONTACTS_KEY_OPEN",
    "CONTACTS_KEY_WRONG",
    "CRS_NOT_USABLE",
    "DUPLICATE_COLUMN",
    "DUPLICATE_FIELD",
    "DUPLICATE_ID",
    "EMPTY_CELL",
    "FIELDS_DISAGREE",
    "FILE_MISSING",
    "ID_HOLDS_PERSONAL_DATA",
    "LINK_UNKNOWN",
    "LISTS_DIFFER",
    "MISSING_COLUMN",
    "MISSING_FIELD",
    "NOT_YAML",
    "NO_ROWS",
    "OUTSIDE_FOLDER",
    "PLACE_TWICE",
    "PSEUDONYM_CLASH",
    "PSEUDONYM_NEEDS_KEY",
    "UNKNOWN_FIELD",
    "UNKNOWN_SERVICE",
    "UNKNOWN_SKILL",
    "UNPLACED_ROW",
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
    "the file cannot be read as YAML: {why}",
    "无法按 YAML 读取该文件：{why}",
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
    "{hint_en}",
    "{hint_zh}",
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
    "{why_en}",
    "{why_zh}",
    "{hint_en}",
    "{hint_zh}",
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
