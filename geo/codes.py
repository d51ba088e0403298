"""Geography's numbered faults.

CC-G001..G019 files and tables, G020..G039 rows, G040..G059 coordinate systems, from G101 the
street network.
"""

from base.faults import FaultKind

__all__ = [
    "ALL_SWAPPED",
    "COLUMN_MISSING",
    "COORDINATE_COLUMNS",
    "COORDINATE_IMPOSSIBLE",
    "COORDINATE_MISSING",
    "COORDINATE_SWAPPED",
    "COUNT_NEGATIVE",
    "COUNT_NOT_A_NUMBER",
    "CRS_IMPOSSIBLE",
    "CRS_MISFIT",
    "CRS_UNKNOWN",
    "ENCODING_UNKNOWN",
    "ENCODING_WRONG",
    "FILE_KIND",
    "FILE_MISSING",
    "FILE_TOO_LARGE",
    "FILE_UNREADABLE",
    "GEOMETRY_EMPTY",
    "GEOMETRY_INVALID",
    "GEOMETRY_KIND",
    "HEADER_MISSING",
    "ID_DUPLICATE",
    "ID_EMPTY",
    "LAYER_AMBIGUOUS",
    "LAYER_FAR",
    "LAYER_MISSING",
    "NO_ROWS",
    "OUTSIDE",
    "SHEET_MISSING",
    "WKT_UNREADABLE",
]

# --- files and tables ---------------------------------------------------------------------------

FILE_MISSING = FaultKind(
    "CC-G001",
    "there is no such file",
    "文件不存在",
    "check the path; it is relative to the scenario file",
    "请检查路径；路径相对于方案文件",
)
FILE_KIND = FaultKind(
    "CC-G002",
    "files ending in {ending} are not read here",
    "此处不支持以 {ending} 结尾的文件",
    "give one of {allowed}",
    "请提供以下格式之一：{allowed}",
)
FILE_UNREADABLE = FaultKind(
    "CC-G003",
    "the file cannot be read: {why}",
    "文件无法读取：{why}",
    "open it in the program that wrote it and save it anew",
    "请用生成该文件的软件打开并重新保存",
)
LAYER_MISSING = FaultKind(
    "CC-G004",
    "there is no layer {layer}",
    "没有图层 {layer}",
    "name one of the file's layers: {available}",
    "请填写文件中的图层之一：{available}",
)
LAYER_AMBIGUOUS = FaultKind(
    "CC-G005",
    "the file has several layers and none is named",
    "文件含有多个图层，但未指明使用哪一个",
    "set layer to one of: {available}",
    "请将 layer 设为以下之一：{available}",
)
SHEET_MISSING = FaultKind(
    "CC-G006",
    "there is no sheet {sheet}",
    "没有工作表 {sheet}",
    "name one of the file's sheets: {available}",
    "请填写文件中的工作表之一：{available}",
)
ENCODING_WRONG = FaultKind(
    "CC-G007",
    "the text is not {encoding}",
    "文本不是 {encoding} 编码",
    "declare the file's encoding, or save it as UTF-8",
    "请声明文件的编码，或将其另存为 UTF-8",
)
ENCODING_UNKNOWN = FaultKind(
    "CC-G008",
    "{encoding} is no encoding that is known here",
    "未知的编码 {encoding}",
    "use utf-8, utf-8-sig, gb18030 or another of Python's encodings",
    "请使用 utf-8、utf-8-sig、gb18030 或 Python 支持的其他编码",
)
FILE_TOO_LARGE = FaultKind(
    "CC-G009",
    "the file holds {size} when unpacked; at most {limit} are read",
    "文件解压后为 {size}，最多读取 {limit}",
    "split the file, or save only the sheet and columns that are needed",
    "请拆分文件，或只保留所需的工作表和列",
)
HEADER_MISSING = FaultKind(
    "CC-G010",
    "no header row was found",
    "未找到表头行",
    "give the table one row of column names above its data",
    "请在数据上方提供一行列名",
)
COLUMN_MISSING = FaultKind(
    "CC-G011",
    "there is no column {column}",
    "没有列 {column}",
    "add the column or name one of: {available}",
    "请补充该列，或填写以下之一：{available}",
)
COORDINATE_COLUMNS = FaultKind(
    "CC-G012",
    "no columns with coordinates were found",
    "未找到坐标列",
    "name the columns with lon and lat, or with wkt; the file has: {available}",
    "请用 lon 和 lat（或 wkt）指明坐标列；文件中的列：{available}",
)
NO_ROWS = FaultKind(
    "CC-G013",
    "there are no rows to read",
    "没有可读取的行",
    "check the file and the conditions under where",
    "请检查文件以及 where 中的条件",
)

# --- rows ---------------------------------------------------------------------------------------

COORDINATE_MISSING = FaultKind(
    "CC-G020",
    "a coordinate is empty or not a number",
    "坐标为空或不是数字",
    "enter both coordinates as plain numbers",
    "请将两个坐标填写为数字",
)
COORDINATE_IMPOSSIBLE = FaultKind(
    "CC-G021",
    "the coordinates do not exist in {crs}",
    "坐标在 {crs} 中不存在",
    "correct the coordinates, or declare the system that they are in",
    "请更正坐标，或声明其实际坐标系",
)
COORDINATE_SWAPPED = FaultKind(
    "CC-G022",
    "longitude and latitude are swapped",
    "经度与纬度颠倒",
    "exchange the two coordinates of this row",
    "请交换该行的两个坐标",
)
ALL_SWAPPED = FaultKind(
    "CC-G023",
    "longitude and latitude are swapped in all {rows} rows",
    "全部 {rows} 行的经度与纬度颠倒",
    "exchange the two columns, or lon and lat in the declaration",
    "请交换两列，或交换声明中的 lon 与 lat",
)
GEOMETRY_EMPTY = FaultKind(
    "CC-G024",
    "the row has no geometry",
    "该行没有几何图形",
    "draw the feature or delete the row",
    "请绘制该要素或删除该行",
)
GEOMETRY_INVALID = FaultKind(
    "CC-G025",
    "the geometry is invalid: {why}",
    "几何图形无效：{why}",
    "repair it, with QGIS: Vector > Geometry Tools / Fix geometries",
    "请修复，例如使用 QGIS 的“修正几何图形”",
)
GEOMETRY_KIND = FaultKind(
    "CC-G026",
    "the geometry is a {got}; a {expected} is needed",
    "几何类型为 {got}，需要 {expected}",
    "give a layer of the right kind",
    "请提供类型正确的图层",
)
WKT_UNREADABLE = FaultKind(
    "CC-G027",
    "the geometry text is no valid WKT",
    "几何文本不是有效的 WKT",
    "write it as well-known text, such as POINT (116.4 39.9)",
    "请按 WKT 格式填写，例如 POINT (116.4 39.9)",
)
OUTSIDE = FaultKind(
    "CC-G028",
    "the feature lies {metres} m outside the district",
    "该要素位于区域外 {metres} 米",
    "correct the place, or leave the row out with where",
    "请更正位置，或用 where 排除该行",
)
COUNT_NOT_A_NUMBER = FaultKind(
    "CC-G029",
    "{column} is empty or not a number",
    "{column} 为空或不是数字",
    "enter a number, 0 for none",
    "请填写数字，没有则填 0",
)
COUNT_NEGATIVE = FaultKind(
    "CC-G030",
    "{column} is {value}; counts are never negative",
    "{column} 为 {value}；数量不能为负",
    "enter a number of 0 or more",
    "请填写不小于 0 的数字",
)
ID_EMPTY = FaultKind(
    "CC-G031",
    "{column} is empty",
    "{column} 为空",
    "give every row an id",
    "请为每一行填写编号",
)
ID_DUPLICATE = FaultKind(
    "CC-G032",
    "{column} is the same as in row {first}",
    "{column} 与第 {first} 行相同",
    "give every row its own id, or delete the double",
    "请为每一行填写唯一编号，或删除重复行",
)

# --- coordinate systems -------------------------------------------------------------------------

CRS_UNKNOWN = FaultKind(
    "CC-G040",
    "{crs} is no coordinate system that is known here",
    "未知的坐标系 {crs}",
    "declare EPSG:n with a two-dimensional system, gcj02 (AMap, Tencent) or bd09 (Baidu)",
    "请声明 EPSG:n（二维坐标系）、gcj02（高德、腾讯）或 bd09（百度）",
)
CRS_MISFIT = FaultKind(
    "CC-G041",
    "{best} fits better than the declared {declared}: the median distance to the nearest "
    "{target} is {declared_m} m as {declared} and {best_m} m as {best}{more}. "
    "The two lie {shift_m} m apart here",
    "{best} 比声明的 {declared} 更吻合：按 {declared}，到最近{target_zh}的距离中位数为 "
    "{declared_m} 米，按 {best} 为 {best_m} 米{more_zh}。两者在此相差 {shift_m} 米",
    "declare crs: {best}",
    "请声明 crs: {best}",
)
CRS_IMPOSSIBLE = FaultKind(
    "CC-G042",
    "the layer's coordinates do not exist in {crs}: they run over x {x}, y {y}",
    "图层坐标在 {crs} 中不存在：x 范围 {x}，y 范围 {y}",
    "declare the system that the layer is in{hint}",
    "请声明图层的实际坐标系{hint_zh}",
)
LAYER_FAR = FaultKind(
    "CC-G043",
    "as {declared}, all of the layer lies more than {km} km from the streets",
    "按 {declared}，整个图层距街道超过 {km} 公里",
    "declare the system that the layer is in, or give the layer of this place",
    "请声明图层的实际坐标系，或提供本地区的图层",
)

# --- Streets, snapping and travel (CC-G101 ..) ---

__all__ += [
    "BAD_GRAPH_LENGTH",
    "BAD_GRAPH_LINE",
    "BAD_GRAPH_NODE",
    "BAD_LIMIT",
    "BAD_MODE",
    "BAD_NETWORK",
    "BAD_POSITION",
    "BAD_STREET_FILE",
    "NOT_A_LINE",
    "NOT_A_NETWORK",
    "NO_COLUMN",
    "NO_STREETS",
]

NO_STREETS = FaultKind(
    "CC-G101",
    "no usable street was found",
    "未找到可用的道路",
    "give a layer or file with street lines inside the district; check its filters",
    "请提供包含本区道路线的图层或文件，并检查筛选条件",
)
NOT_A_LINE = FaultKind(
    "CC-G102",
    "the geometry is {got}, not a line",
    "几何类型为 {got}，不是线",
    "remove the row or give the street's line",
    "请删除该行，或改为道路线",
)
NO_COLUMN = FaultKind(
    "CC-G103",
    "there is no column {column}; the columns are {columns}",
    "没有列 {column}；现有列：{columns}",
    "name a column that exists",
    "请填写存在的列名",
)
NOT_A_NETWORK = FaultKind(
    "CC-G104",
    "the file is no street network saved by this version: {why}",
    "该文件不是本版本保存的路网：{why}",
    "build the network again from its source and save it anew",
    "请从原始数据重新生成并保存路网",
)
BAD_STREET_FILE = FaultKind(
    "CC-G105",
    "the street file cannot be read: {why}",
    "无法读取道路文件：{why}",
    "check that the file is complete and of the kind that its ending states",
    "请检查文件是否完整、格式是否与扩展名一致",
)
BAD_GRAPH_NODE = FaultKind(
    "CC-G106",
    "a node of the graph has no x or no y that is a number",
    "图中节点的 x 或 y 不是数字",
    "save the graph again with OSMnx, or give the node its position",
    "请用 OSMnx 重新保存，或补上该节点的坐标",
)
BAD_MODE = FaultKind(
    "CC-G107",
    "{field} is {value}; {rule}",
    "{field} 的值为 {value}；要求：{rule}",
    "correct the travel mode",
    "请更正出行方式",
)
BAD_POSITION = FaultKind(
    "CC-G108",
    "{count} of the points to snap have no finite WGS 84 position (first: point {first})",
    "有 {count} 个待匹配点没有有效的 WGS 84 坐标（首个：第 {first} 点）",
    "give longitudes within -180..180 and latitudes within -90..90",
    "请提供经度 -180..180、纬度 -90..90 的坐标",
)
BAD_LIMIT = FaultKind(
    "CC-G109",
    "{field} is {value}; {rule}",
    "{field} 的值为 {value}；要求：{rule}",
    "correct the value",
    "请更正该值",
)
BAD_NETWORK = FaultKind(
    "CC-G110",
    "{field} of the street network cannot be used: {why}",
    "路网字段 {field} 无法使用：{why}",
    "pass arrays with the shape, dtype and range that the field's documentation states",
    "请按字段说明提供形状、类型和范围正确的数组",
)
BAD_GRAPH_LENGTH = FaultKind(
    "CC-G111",
    "an edge of the graph has a length of {value}; metres, 0 or more, are expected",
    "图中边的长度为 {value}；应为不小于 0 的米数",
    "save the graph again with OSMnx, or correct or drop the attribute",
    "请用 OSMnx 重新保存，或更正、删除该属性",
)
BAD_GRAPH_LINE = FaultKind(
    "CC-G112",
    "an edge of the graph has a geometry that is no line",
    "图中边的几何不是线",
    "save the graph again with OSMnx, or correct or drop the attribute",
    "请用 OSMnx 重新保存，或更正、删除该属性",
)
