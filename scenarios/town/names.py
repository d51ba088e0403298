"""Invented names with pinyin: streets, places, compounds and people."""

from __future__ import annotations

import numpy as np

from scenarios.model import Text

__all__ = ["DISTRICT_CODE", "DISTRICT_NAME", "NamePool", "invented_phone", "person_name"]

DISTRICT_CODE = "990101"
"""GB/T 2260 has no province 99: the code shows that the district does not exist."""
DISTRICT_NAME = Text(zh="颐年区（虚构）", en="Yinian District (fictitious)")

_FIRST = (
    "永 yong 安 an 宁 ning 和 he 兴 xing 福 fu 康 kang 乐 le 仁 ren 德 de 文 wen 明 ming 柳 liu "
    "槐 huai 松 song 竹 zhu 梅 mei 桂 gui 莲 lian 泉 quan 溪 xi 金 jin 银 yin 玉 yu 石 shi 青 qing "
    "白 bai 云 yun 春 chun 秋 qiu 晨 chen 瑞 rui 景 jing 广 guang 崇 chong 宣 xuan 天 tian "
    "长 chang 新 xin 古 gu 旧 jiu 红 hong 翠 cui 杏 xing 桃 tao 枣 zao 丰 feng 嘉 jia 泰 tai"
)
_SECOND = (
    "宁 ning 平 ping 和 he 顺 shun 寿 shou 康 kang 荫 yin 园 yuan 桥 qiao 塔 ta 门 men 井 jing "
    "堂 tang 坊 fang 林 lin 泉 quan 溪 xi 河 he 湾 wan 台 tai 营 ying 庄 zhuang 里 li 台 tai "
    "华 hua 昌 chang 善 shan 义 yi 信 xin 业 ye 贤 xian 朋 peng 光 guang 霞 xia 月 yue 星 xing "
    "村 cun 圃 pu 洲 zhou 岗 gang 渡 du 亭 ting 阁 ge 苑 yuan"
)
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_GIVEN = (
    "德福秀兰淑珍玉梅建国桂英志强凤英国华素芬永年长寿秀英文海淑贤金泉玉兰春生月华世昌瑞芳"
    "宝山翠萍景明惠民松年静宜立人学文慧君"
)


def _syllables(packed: str) -> list[tuple[str, str]]:
    parts = packed.split()
    return list(zip(parts[::2], parts[1::2], strict=True))


class NamePool:
    """Hands out two-character names, none twice."""

    def __init__(self, rng: np.random.Generator) -> None:
        firsts, seconds = _syllables(_FIRST), dict(_syllables(_SECOND))
        pairs = [
            Text(zh=a + b, en=(pa + pb).capitalize())
            for a, pa in firsts
            for b, pb in seconds.items()
            if a != b
        ]
        self._order = rng.permutation(len(pairs))
        self._pairs = pairs
        self._next = 0

    def take(self) -> Text:
        """The next unused name; a numeral is added once all pairs are used up."""
        lap, at = divmod(self._next, len(self._pairs))
        self._next += 1
        name = self._pairs[self._order[at]]
        return name if lap == 0 else Text(zh=f"{name.zh}{lap + 1}", en=f"{name.en} {lap + 1}")


def person_name(rng: np.random.Generator) -> str:
    """An invented name: a heavenly stem, which is nobody's family name here, and a given name."""
    stem = int(rng.integers(len(_STEMS)))
    given = 2 * int(rng.integers(len(_GIVEN) // 2))
    return _STEMS[stem] + _GIVEN[given : given + 2]


def invented_phone(number: int) -> str:
    """A phone number from a block that is never given out."""
    return f"139-0000-{number % 10_000:04d}"
