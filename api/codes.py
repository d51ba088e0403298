"""The entrances' numbered faults."""

from base.faults import FaultKind

__all__ = ["NOT_A_DEMO"]

NOT_A_DEMO = FaultKind(
    "CC-A001",
    "the folder holds files that are no earlier demo",
    "该文件夹中已有并非示范结果的文件",
    "name another folder with --out, or empty this one",
    "请用 --out 指定其他文件夹，或清空该文件夹",
)
