"""The entrances' numbered faults."""

from base.faults import FaultKind

__all__ = ["CANNOT_WRITE", "NOT_A_DEMO"]

NOT_A_DEMO = FaultKind(
    "CC-A001",
    "the folder holds files that are no earlier demo",
    "该文件夹中已有并非示范结果的文件",
    "name another folder with --out, or empty this one",
    "请用 --out 指定其他文件夹，或清空该文件夹",
)

CANNOT_WRITE = FaultKind(
    "CC-A002",
    "the file or folder cannot be used: {why}",
    "无法使用该文件或文件夹：{why}",
    "check the path, its rights and the free space",
    "请检查路径、权限和剩余空间",
)
