"""The canonical tables: their columns, what heads them, and what their cells hold.

A column is found by its Chinese or English heading or an alias, whatever the width, case, blanks
and marks; an addition in brackets (``时长（分钟）``) and the upper part of a merged heading
(``基本信息_小区``) may differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from base.faults import Lang
from scenarios.cells import fold
from scenarios.model import Text

__all__ = [
    "ABSENCE_COLUMNS",
    "BALANCE_COLUMNS",
    "CARER_COLUMNS",
    "CARRIER_COLUMNS",
    "KITCHEN_COLUMNS",
    "LEDGER_COLUMNS",
    "ORDER_COLUMNS",
    "PLACE_COLUMNS",
    "SERVICE_COLUMNS",
    "VISIT_COLUMNS",
    "Column",
    "heading_key",
]


@dataclass(frozen=True)
class Column:
    """One column of a canonical table.

    Attributes:
        key: field that it fills. zh, en: heading as written.
        kind: key of :data:`scenarios.tables.kinds.KINDS`.
        aliases: other headings, set apart by blanks.
        required: a table without this column is refused; single cells may still have to be
            filled, which the table's reader says.
        note: for whoever fills the table in.
    """

    key: str
    zh: str
    en: str
    kind: str = "text"
    aliases: str = ""
    required: bool = False
    note: Text | None = None

    def heading(self, lang: Lang) -> str:
        """The heading in one language."""
        return self.zh if lang == "zh" else self.en

    @property
    def both(self) -> str:
        """The heading in both languages, for faults."""
        return f"{self.zh} / {self.en}"

    def headings(self) -> list[str]:
        """Every heading that it is known by."""
        return [self.zh, self.en, *self.aliases.split()]


def heading_key(heading: str) -> str:
    """A heading without what may differ: width, case, blanks, marks."""
    return re.sub(r"[\W_]+", "", fold(heading).casefold())


def _note(zh: str, en: str) -> Text:
    return Text(zh=zh, en=en)


LON = Column("lon", "经度", "lon", "coordinate", "longitude lng x 东经")
LAT = Column("lat", "纬度", "lat", "coordinate", "latitude y 北纬")
COMPOUND = Column(
    "compound",
    "小区",
    "compound",
    aliases="小区名称 居住小区 院落",
    note=_note("没有经纬度时，按小区和楼栋查地点表", "joined to the place table without lon/lat"),
)
BUILDING = Column("building", "楼栋", "building", aliases="楼号 楼栋号 楼 栋号 门牌楼号")
COMMUNITY = Column("community", "社区", "community", aliases="所属社区 居委会 社区名称")
CLIENT = Column(
    "client",
    "老人编号",
    "client_id",
    aliases="client 服务对象编号 档案号 老人ID 长者编号 客户编号",
    note=_note("不含姓名、电话、身份证号的编号", "an id without name, phone or identity number"),
)
NAME = Column("name", "姓名", "name", aliases="老人姓名 长者姓名 服务对象 人员姓名")
PHONE = Column("phone", "联系电话", "phone", aliases="电话 手机 手机号 联系方式 手机号码")
ADDRESS = Column(
    "address", "住址", "address", aliases="地址 家庭住址 详细地址 居住地址 门牌号 门牌"
)
NOTE = Column("note", "备注", "note", aliases="说明 remarks")
ID_NUMBER = Column(
    "id_number",
    "身份证号",
    "id_number",
    aliases="身份证 身份证号码 公民身份号码 证件号码",
    note=_note("只用于生成化名，不保存", "only used to make the pseudonym, never kept"),
)
PERSON = (NAME, ID_NUMBER, PHONE, ADDRESS, NOTE)
_JOIN = (LON, LAT, COMPOUND, BUILDING, COMMUNITY)
_SHIFT = (
    Column("shift_open", "上班时间", "shift_start", "time", "班次开始 开始时间 到岗时间", True),
    Column("shift_close", "下班时间", "shift_end", "time", "班次结束 结束时间 离岗时间", True),
)
_MODE = Column("mode", "交通方式", "mode", "mode", "出行方式 车型 方式")
_WAGE = Column("wage", "时薪(元)", "wage_yuan_per_hour", "money", "时薪 小时工资 wage")

SERVICE = Column(
    "service",
    "服务项目",
    "service",
    aliases="服务 服务内容 项目 服务名称",
    required=True,
    note=_note("服务目录中的名称或编号", "a name or id of the service catalogue"),
)
SKILLS = Column(
    "skills",
    "技能",
    "skills",
    "list",
    "所需技能 技能要求 资质",
    note=_note("用分号分隔；没有则写“无”", "set apart by semicolons; none for none"),
)

_MUST = _note(
    "编号或姓名；必须满足时在后面写（必须）",
    "ids or names; (must) after what is no mere wish",
)
ASKED_COLUMNS = (
    Column(
        "carer", "护理员", "carer", "asked", "护理员姓名 服务人员 指定护理员 期望护理员", note=_MUST
    ),
    Column(
        "carer_sex",
        "护理员性别",
        "carer_sex",
        "asked",
        "期望护理员性别",
        note=_note("女、男，或“女（必须）”", "female, male, or female (must)"),
    ),
    Column(
        "language",
        "语言",
        "language",
        "asked",
        "方言 语言要求 期望语言",
        note=_note("护理员会说的语言或方言；可写（必须）", "spoken by the carer; or (must)"),
    ),
    Column("avoid", "回避护理员", "not_carer", "list", "不要护理员 禁派护理员"),
    Column("last_carer", "上次护理员", "last_carer", aliases="上次服务人员 原护理员"),
    Column("floor", "楼层", "floor", "count", "所在楼层 层"),
    Column("lift", "电梯", "lift", "yes", "有无电梯 是否有电梯"),
)
"""What visits and ledgers say of the person who is to come, and of the stairs."""
_AGE = Column("age", "年龄", "age", "count")
_ABILITY = Column(
    "ability",
    "失能等级",
    "ability",
    "ability",
    "能力等级 失能程度 护理等级",
    note=_note("能力完好、轻度、中度、重度、完全失能", "intact, mild, moderate, severe or total"),
)

VISIT_COLUMNS = (
    Column("id", "访视编号", "visit_id", aliases="编号 单号 工单号 id visit 服务单号"),
    CLIENT,
    SERVICE,
    *_JOIN,
    Column("duration", "时长(分钟)", "minutes", "duration", "时长 服务时长 duration"),
    Column(
        "windows",
        "时段",
        "windows",
        "windows",
        "上门时段 期望时段 服务时段 时间窗 window",
        note=_note("最早至最晚开始；可有多段", "earliest to latest start; several allowed"),
    ),
    SKILLS,
    Column("tier", "保障类别", "tier", "tier", "保障类型 类别"),
    Column("staff", "人数", "staff", "count", "护理员人数 所需人数"),
    Column("end_lon", "结束经度", "end_lon", "coordinate", "终点经度 目的地经度"),
    Column("end_lat", "结束纬度", "end_lat", "coordinate", "终点纬度 目的地纬度"),
    Column(
        "destination",
        "目的地",
        "destination",
        aliases="医院 终点",
        note=_note("陪诊的医院等，按名称查地点表", "such as a hospital; joined to the place table"),
    ),
    Column("link_other", "随后于", "after_visit", aliases="前序访视 关联访视"),
    Column("link_min", "最短间隔(分钟)", "min_gap_minutes", "gap", "最短间隔"),
    Column("link_max", "最长间隔(分钟)", "max_gap_minutes", "gap", "最长间隔"),
    Column(
        "link_rule",
        "关联方式",
        "link",
        "link",
        note=_note(
            "先后（默认）、同一人、不同人、不同时；后三项不填间隔",
            "after (as a rule); same person, other person, not together need no gap",
        ),
    ),
    *ASKED_COLUMNS,
    _AGE,
    _ABILITY,
    Column(
        "ride_limit",
        "乘车上限(分钟)",
        "ride_limit_minutes",
        "duration",
        "乘车时间上限",
        note=_note(
            "填写后，到目的地的路程按出行方式另计；留空则时长已含路程",
            "the ride to the destination is then added by mode; empty: it is part of the minutes",
        ),
    ),
    Column(
        "equipment",
        "设备",
        "equipment",
        note=_note("共用设备，如爬楼机；没有则写“无”", "shared, such as stair climber; or none"),
    ),
    Column(
        "remote",
        "电话价值(%)",
        "by_phone_percent",
        "share",
        note=_note("电话代替时的价值占比；不可则写0", "what a call is worth; 0: nothing"),
    ),
    Column("price", "价格(元)", "price_yuan", "money", "价格 单价 收费标准"),
    Column(
        "finish_within",
        "时段内完成",
        "finish_within",
        "yes",
        note=_note("是：时段的止点为最晚结束", "yes: the windows' ends are latest finishes"),
    ),
    *PERSON,
)

LEDGER_COLUMNS = (
    CLIENT,
    Column("district", "区县", "district", aliases="区 区(县)"),
    Column("street", "街道", "subdistrict", aliases="街道(乡镇) 乡镇 街镇"),
    *_JOIN,
    NAME,
    Column("sex", "性别", "sex"),
    _AGE,
    ID_NUMBER,
    PHONE,
    ADDRESS,
    Column("living", "居住状况", "living", aliases="居住情况 居住方式"),
    _ABILITY,
    Column("tier", "保障类别", "tier", "tier", "保障类型 类别 人员类别"),
    Column(
        "service",
        "服务项目",
        "service",
        aliases="服务 服务内容 项目 服务名称",
        note=_note(
            "服务目录中的名称；多项用分号分隔，也可每项一行",
            "names of the service catalogue; several set apart by semicolons, or one row each",
        ),
    ),
    Column(
        "frequency",
        "频次",
        "frequency",
        aliases="服务频次 频率",
        note=_note(
            "每日、每周3次、隔日、每月2次、周一至周五、按需；一项或按服务逐项",
            "daily, 3 a week, every other day, 2 a month, weekdays, on demand; one, or one each",
        ),
    ),
    Column(
        "duration",
        "时长",
        "minutes",
        aliases="时长(分钟) 服务时长 duration",
        note=_note("分钟；留空按服务目录", "minutes; empty for the catalogue's"),
    ),
    Column(
        "wish",
        "期望时段",
        "preferred_time",
        aliases="服务时段 上门时段 时段 服务时间",
        note=_note("上午、8:00-10:00、下午2点至4点等", "morning, 8:00-10:00, after 14:00 ..."),
    ),
    *ASKED_COLUMNS,
    Column(
        "double",
        "双人",
        "two_carers",
        aliases="双人服务 是否双人",
        note=_note("是：两名护理员同时上门", "yes: two carers at once"),
    ),
    Column(
        "meals",
        "助餐(午/晚)",
        "meals",
        aliases="助餐 餐次 订餐",
        note=_note("午、晚或午、晚；每日送餐", "lunch, dinner or both; every day"),
    ),
    Column("lunch", "午餐", "lunch", aliases="助餐午 助餐午餐 中餐 午"),
    Column("dinner", "晚餐", "dinner", aliases="助餐晚 助餐晚餐 晚"),
    Column("diet", "忌口", "diet", aliases="饮食要求 膳食要求 饮食禁忌"),
    NOTE,
)

CARER_COLUMNS = (
    Column("id", "护理员编号", "carer_id", aliases="员工编号 工号 人员编号 编号 id carer"),
    Column("level", "等级", "level", aliases="护理员等级 职业等级 技能等级"),
    SKILLS,
    *_SHIFT,
    Column("start_lon", "出发经度", "start_lon", "coordinate", "经度 lon"),
    Column("start_lat", "出发纬度", "start_lat", "coordinate", "纬度 lat"),
    Column("end_lon", "收工经度", "end_lon", "coordinate"),
    Column("end_lat", "收工纬度", "end_lat", "coordinate"),
    Column(
        "open_end",
        "末户收工",
        "open_end",
        "yes",
        note=_note("是：最后一户即收工；否：回到出发点", "yes: ends at the last visit"),
    ),
    Column(
        "max_work",
        "最长工时(分钟)",
        "max_work_minutes",
        "duration",
        "最长工时 工时上限",
        note=_note("从出发到收工的总分钟数", "minutes from departure to end"),
    ),
    _MODE,
    _WAGE,
    Column("sex", "性别", "sex", "sex"),
    Column("languages", "语言", "languages", "list", "方言 会说语言"),
    Column(
        "breaks",
        "休息时段",
        "break",
        "windows",
        "午休时段 午休 休息",
        note=_note("最早至最晚开始；没有则写“无”", "earliest to latest start; or none"),
    ),
    Column("break_minutes", "休息(分钟)", "break_minutes", "duration", "休息时长 午休时长"),
    Column(
        "break_at_station",
        "回站休息",
        "break_at_station",
        "yes",
        note=_note("否：就地休息", "no: wherever the carer then is"),
    ),
    Column("break_optional", "可不休息", "break_optional", "yes"),
    Column("overtime", "可加班(分钟)", "overtime_minutes", "duration", "加班上限"),
    Column(
        "overtime_wage",
        "加班时薪(元)",
        "overtime_yuan_per_hour",
        "money",
        note=_note("留空为时薪的1.5倍", "empty: one and a half times the wage"),
    ),
    Column("max_travel", "最长路程(分钟)", "max_travel_minutes", "duration", "路程上限"),
    Column(
        "pace",
        "用时(%)",
        "pace_percent",
        "number",
        note=_note("与通常用时之比，新手可填120", "of the usual time; 120 for a beginner"),
    ),
    Column("holidays", "节假日上班", "works_holidays", "yes"),
    *PERSON,
)

ABSENCE_COLUMNS = (
    CLIENT,
    Column("carer", "护理员编号", "carer_id", aliases="员工编号 工号 护理员"),
    Column("first", "开始日期", "from", "date", "自 起 开始", True),
    Column("last", "结束日期", "to", "date", "至 止 结束", note=_note("留空：未定", "empty: open")),
    Column("reason", "事由", "reason", aliases="原因 类型"),
    *PERSON,
)

BALANCE_COLUMNS = (
    CLIENT,
    Column("balance", "余额(元)", "balance_yuan", "money", "余额 补贴余额", True),
    Column("expires", "清零日期", "expires", "date", "到期日 有效期至"),
    *PERSON,
)

KITCHEN_COLUMNS = (
    Column("id", "厨房编号", "kitchen_id", aliases="编号 厨房 id kitchen", required=True),
    *_JOIN[:4],
    Column("portions", "最大份数", "portions", "count", "产能 份数", True),
    Column("ready", "出餐时间", "ready", "time", "备餐完成 出餐", True),
)

ORDER_COLUMNS = (
    Column("id", "订单编号", "order_id", aliases="编号 订单号 id order"),
    CLIENT,
    *_JOIN,
    Column(
        "building_id",
        "楼栋编号",
        "building_id",
        note=_note("同一编号的订单在一处停靠", "orders with the same id make one stop"),
    ),
    Column("portions", "份数", "portions", "count", "数量 餐数"),
    Column("window", "送达时段", "window", "windows", "配送时段 时段 期望时段 送餐时间"),
    Column("diet", "忌口", "diet", aliases="饮食要求 膳食要求 忌口及要求"),
    Column("kitchen", "指定厨房", "kitchen", aliases="厨房 厨房编号"),
    *PERSON,
)

CARRIER_COLUMNS = (
    Column("id", "运力编号", "carrier_id", aliases="车辆编号 配送员编号 编号 id carrier"),
    _MODE,
    Column("boxes", "箱数", "boxes", "count", "载箱数 容量 箱容", True),
    *_SHIFT,
    Column(
        "kitchens",
        "可装货厨房",
        "kitchens",
        "list",
        "厨房 所属厨房",
        note=_note("留空表示所有厨房", "empty for every kitchen"),
    ),
    Column("start_lon", "出发经度", "start_lon", "coordinate", "经度 lon"),
    Column("start_lat", "出发纬度", "start_lat", "coordinate", "纬度 lat"),
    Column("max_trips", "最多趟数", "max_trips", "count", "趟数"),
    _WAGE,
    Column("per_km", "每公里(元)", "yuan_per_km", "money", "每公里费用 公里费"),
    *PERSON,
)

PLACE_COLUMNS = (
    Column("id", "地点编号", "place_id", aliases="编号 id"),
    Column("compound", "小区", "compound", aliases="小区名称 名称 地点", required=True),
    BUILDING,
    Column("lon", "经度", "lon", "coordinate", "longitude lng x 东经", True),
    Column("lat", "纬度", "lat", "coordinate", "latitude y 北纬", True),
    COMMUNITY,
)

SERVICE_COLUMNS = (
    Column("id", "服务编号", "service_id", aliases="编号 id", required=True),
    Column("zh", "中文名称", "name_zh", aliases="名称 服务名称 服务项目", required=True),
    Column("en", "英文名称", "name_en"),
    Column("aliases", "别名", "aliases", "list"),
    Column("group", "类别", "group", aliases="大类"),
    Column("duration", "时长(分钟)", "minutes", "duration", "时长 服务时长 duration", True),
    SKILLS,
    Column("staff", "人数", "staff", "count", "所需人数"),
    Column("price", "价格(元)", "price_yuan", "money", "价格 单价 收费标准"),
    Column("usual", "通常时段", "usual", "windows", "时段"),
    Column("after", "随后于", "after", aliases="前序服务"),
    Column("after_min", "最短间隔(分钟)", "min_gap_minutes", "gap", "最短间隔"),
    Column("after_max", "最长间隔(分钟)", "max_gap_minutes", "gap", "最长间隔"),
    Column("meal", "送餐", "meal", "yes"),
    Column("escort", "陪同外出", "escort", "yes"),
    Column("equipment", "设备", "equipment"),
    Column("remote", "电话价值(%)", "by_phone_percent", "share"),
)
