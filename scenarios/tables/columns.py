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
    "ADDRESS",
    "CARRIER_COLUMNS",
    "CLIENT",
    "ID_NUMBER",
    "JOIN",
    "KITCHEN_COLUMNS",
    "MODE",
    "NAME",
    "NOTE",
    "ORDER_COLUMNS",
    "PERSON",
    "PHONE",
    "PLACE_COLUMNS",
    "SERVICE",
    "SERVICE_COLUMNS",
    "SHIFT",
    "SKILLS",
    "WAGE",
    "Column",
    "heading_key",
    "remark",
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


def remark(zh: str, en: str) -> Text:
    """A note for whoever fills the column in."""
    return Text(zh=zh, en=en)


LON = Column("lon", "经度", "lon", "coordinate", "longitude lng x 东经")
LAT = Column("lat", "纬度", "lat", "coordinate", "latitude y 北纬")
COMPOUND = Column(
    "compound",
    "小区",
    "compound",
    aliases="小区名称 居住小区 院落",
    note=remark("没有经纬度时，按小区和楼栋查地点表", "joined to the place table without lon/lat"),
)
BUILDING = Column("building", "楼栋", "building", aliases="楼号 楼栋号 楼 栋号 门牌楼号")
COMMUNITY = Column("community", "社区", "community", aliases="所属社区 居委会 社区名称")
CLIENT = Column(
    "client",
    "老人编号",
    "client_id",
    aliases="client 服务对象编号 档案号 老人ID 长者编号 客户编号",
    note=remark("不含姓名、电话、身份证号的编号", "an id without name, phone or identity number"),
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
    note=remark("只用于生成化名，不保存", "only used to make the pseudonym, never kept"),
)
PERSON = (NAME, ID_NUMBER, PHONE, ADDRESS, NOTE)
JOIN = (LON, LAT, COMPOUND, BUILDING, COMMUNITY)
SHIFT = (
    Column("shift_open", "上班时间", "shift_start", "time", "班次开始 开始时间 到岗时间", True),
    Column("shift_close", "下班时间", "shift_end", "time", "班次结束 结束时间 离岗时间", True),
)
MODE = Column("mode", "交通方式", "mode", "mode", "出行方式 车型 方式")
WAGE = Column("wage", "时薪(元)", "wage_yuan_per_hour", "money", "时薪 小时工资 wage")

SERVICE = Column(
    "service",
    "服务项目",
    "service",
    aliases="服务 服务内容 项目 服务名称",
    required=True,
    note=remark("服务目录中的名称或编号", "a name or id of the service catalogue"),
)
SKILLS = Column(
    "skills",
    "技能",
    "skills",
    "list",
    "所需技能 技能要求 资质",
    note=remark("用分号分隔；没有则写“无”", "set apart by semicolons; none for none"),
)

KITCHEN_COLUMNS = (
    Column("id", "厨房编号", "kitchen_id", aliases="编号 厨房 id kitchen", required=True),
    *JOIN[:4],
    Column("portions", "最大份数", "portions", "count", "产能 份数", True),
    Column("ready", "出餐时间", "ready", "time", "备餐完成 出餐", True),
)

ORDER_COLUMNS = (
    Column("id", "订单编号", "order_id", aliases="编号 订单号 id order"),
    CLIENT,
    *JOIN,
    Column(
        "building_id",
        "楼栋编号",
        "building_id",
        note=remark("同一编号的订单在一处停靠", "orders with the same id make one stop"),
    ),
    Column("portions", "份数", "portions", "count", "数量 餐数"),
    Column("window", "送达时段", "window", "windows", "配送时段 时段 期望时段 送餐时间"),
    Column("diet", "忌口", "diet", aliases="饮食要求 膳食要求 忌口及要求"),
    Column("kitchen", "指定厨房", "kitchen", aliases="厨房 厨房编号"),
    *PERSON,
)

CARRIER_COLUMNS = (
    Column("id", "运力编号", "carrier_id", aliases="车辆编号 配送员编号 编号 id carrier"),
    MODE,
    Column("boxes", "箱数", "boxes", "count", "载箱数 容量 箱容", True),
    *SHIFT,
    Column(
        "kitchens",
        "可装货厨房",
        "kitchens",
        "list",
        "厨房 所属厨房",
        note=remark("留空表示所有厨房", "empty for every kitchen"),
    ),
    Column("start_lon", "出发经度", "start_lon", "coordinate", "经度 lon"),
    Column("start_lat", "出发纬度", "start_lat", "coordinate", "纬度 lat"),
    Column("max_trips", "最多趟数", "max_trips", "count", "趟数"),
    WAGE,
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
