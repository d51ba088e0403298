"""The canonical tables of a station's day: visits, ledger, carers, absences, balances."""

from __future__ import annotations

from scenarios.tables.columns import (
    ADDRESS,
    CLIENT,
    ID_NUMBER,
    JOIN,
    MODE,
    NAME,
    NOTE,
    PERSON,
    PHONE,
    SERVICE,
    SHIFT,
    SKILLS,
    WAGE,
    Column,
    remark,
)

__all__ = [
    "ABSENCE_COLUMNS",
    "BALANCE_COLUMNS",
    "CARER_COLUMNS",
    "LEDGER_COLUMNS",
    "VISIT_COLUMNS",
]

_MUST = remark(
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
        note=remark("女、男，或“女（必须）”", "female, male, or female (must)"),
    ),
    Column(
        "language",
        "语言",
        "language",
        "asked",
        "方言 语言要求 期望语言",
        note=remark("护理员会说的语言或方言；可写（必须）", "spoken by the carer; or (must)"),
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
    note=remark("能力完好、轻度、中度、重度、完全失能", "intact, mild, moderate, severe or total"),
)

VISIT_COLUMNS = (
    Column("id", "访视编号", "visit_id", aliases="编号 单号 工单号 id visit 服务单号"),
    CLIENT,
    SERVICE,
    *JOIN,
    Column("duration", "时长(分钟)", "minutes", "duration", "时长 服务时长 duration"),
    Column(
        "windows",
        "时段",
        "windows",
        "windows",
        "上门时段 期望时段 服务时段 时间窗 window",
        note=remark("最早至最晚开始；可有多段", "earliest to latest start; several allowed"),
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
        note=remark("陪诊的医院等，按名称查地点表", "a hospital, say; joined to the place table"),
    ),
    Column("link_other", "随后于", "after_visit", aliases="前序访视 关联访视"),
    Column("link_min", "最短间隔(分钟)", "min_gap_minutes", "gap", "最短间隔"),
    Column("link_max", "最长间隔(分钟)", "max_gap_minutes", "gap", "最长间隔"),
    Column(
        "link_rule",
        "关联方式",
        "link",
        "link",
        note=remark(
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
        note=remark(
            "填写后，到目的地的路程按出行方式另计；留空则时长已含路程",
            "the ride to the destination is then added by mode; empty: it is part of the minutes",
        ),
    ),
    Column(
        "equipment",
        "设备",
        "equipment",
        note=remark("共用设备，如爬楼机；没有则写“无”", "shared, such as stair climber; or none"),
    ),
    Column(
        "remote",
        "电话价值(%)",
        "by_phone_percent",
        "share",
        note=remark("电话代替时的价值占比；不可则写0", "what a call is worth; 0: nothing"),
    ),
    Column("price", "价格(元)", "price_yuan", "money", "价格 单价 收费标准"),
    Column(
        "finish_within",
        "时段内完成",
        "finish_within",
        "yes",
        note=remark("是：时段的止点为最晚结束", "yes: the windows' ends are latest finishes"),
    ),
    *PERSON,
)

LEDGER_COLUMNS = (
    CLIENT,
    Column("district", "区县", "district", aliases="区 区(县)"),
    Column("street", "街道", "subdistrict", aliases="街道(乡镇) 乡镇 街镇"),
    *JOIN,
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
        note=remark(
            "服务目录中的名称；多项用分号分隔，也可每项一行",
            "names of the service catalogue; several set apart by semicolons, or one row each",
        ),
    ),
    Column(
        "frequency",
        "频次",
        "frequency",
        aliases="服务频次 频率",
        note=remark(
            "每日、每周3次、隔日、每月2次、周一至周五、按需；一项或按服务逐项",
            "daily, 3 a week, every other day, 2 a month, weekdays, on demand; one, or one each",
        ),
    ),
    Column(
        "duration",
        "时长",
        "minutes",
        aliases="时长(分钟) 服务时长 duration",
        note=remark("分钟；留空按服务目录", "minutes; empty for the catalogue's"),
    ),
    Column(
        "wish",
        "期望时段",
        "preferred_time",
        aliases="服务时段 上门时段 时段 服务时间",
        note=remark("上午、8:00-10:00、下午2点至4点等", "morning, 8:00-10:00, after 14:00 ..."),
    ),
    *ASKED_COLUMNS,
    Column(
        "double",
        "双人",
        "two_carers",
        aliases="双人服务 是否双人",
        note=remark("是：两名护理员同时上门", "yes: two carers at once"),
    ),
    Column(
        "meals",
        "助餐(午/晚)",
        "meals",
        aliases="助餐 餐次 订餐",
        note=remark("午、晚或午、晚；每日送餐", "lunch, dinner or both; every day"),
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
    *SHIFT,
    Column("start_lon", "出发经度", "start_lon", "coordinate", "经度 lon"),
    Column("start_lat", "出发纬度", "start_lat", "coordinate", "纬度 lat"),
    Column("end_lon", "收工经度", "end_lon", "coordinate"),
    Column("end_lat", "收工纬度", "end_lat", "coordinate"),
    Column(
        "open_end",
        "末户收工",
        "open_end",
        "yes",
        note=remark("是：最后一户即收工；否：回到出发点", "yes: ends at the last visit"),
    ),
    Column(
        "max_work",
        "最长工时(分钟)",
        "max_work_minutes",
        "duration",
        "最长工时 工时上限",
        note=remark("从出发到收工的总分钟数", "minutes from departure to end"),
    ),
    MODE,
    WAGE,
    Column("sex", "性别", "sex", "sex"),
    Column("languages", "语言", "languages", "list", "方言 会说语言"),
    Column(
        "breaks",
        "休息时段",
        "break",
        "windows",
        "午休时段 午休 休息",
        note=remark("最早至最晚开始；没有则写“无”", "earliest to latest start; or none"),
    ),
    Column("break_minutes", "休息(分钟)", "break_minutes", "duration", "休息时长 午休时长"),
    Column(
        "break_at_station",
        "回站休息",
        "break_at_station",
        "yes",
        note=remark("是：回出发点；否：就地休息", "yes: where the day starts; no: on the way"),
    ),
    Column("break_optional", "可不休息", "break_optional", "yes"),
    Column("overtime", "可加班(分钟)", "overtime_minutes", "duration", "加班上限"),
    Column(
        "overtime_wage",
        "加班时薪(元)",
        "overtime_yuan_per_hour",
        "money",
        note=remark("留空为时薪的1.5倍", "empty: one and a half times the wage"),
    ),
    Column("max_travel", "最长路程(分钟)", "max_travel_minutes", "duration", "路程上限"),
    Column(
        "pace",
        "用时(%)",
        "pace_percent",
        "number",
        note=remark("与通常用时之比，新手可填120", "of the usual time; 120 for a beginner"),
    ),
    Column("holidays", "节假日上班", "works_holidays", "yes"),
    *PERSON,
)

ABSENCE_COLUMNS = (
    CLIENT,
    Column("carer", "护理员编号", "carer_id", aliases="员工编号 工号 护理员"),
    Column("first", "开始日期", "from", "date", "自 起 开始", True),
    Column(
        "last", "结束日期", "to", "date", "至 止 结束", note=remark("留空：未定", "empty: unknown")
    ),
    Column("reason", "事由", "reason", aliases="原因 类型"),
    *PERSON,
)

BALANCE_COLUMNS = (
    CLIENT,
    Column("balance", "余额(元)", "balance_yuan", "money", "余额 补贴余额", True),
    Column("expires", "清零日期", "expires", "date", "到期日 有效期至"),
    *PERSON,
)
