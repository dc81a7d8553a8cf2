"""For every test: a home of its own, one torch thread, and a header that says what is being tested."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported: workers side by side must not fight for cores

import pytest

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """An empty GATEDCLIP_HOME, so that no test can touch real data."""
    for name in list(os.environ):
        if name.startswith("GATEDCLIP_") and not name.startswith(("GATEDCLIP_TEST_", "GATEDCLIP_REQUIRE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("GATEDCLIP_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def pytest_report_header() -> str:
    browser = subprocess.run([CHROMIUM, "--version"], capture_output=True, text=True).stdout.strip() if CHROMIUM else "none"
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "open_clip_torch", "streamlit", "captum", "sqlalchemy"))
    return f"{packages}, sqlite {sqlite3.sqlite_version}, browser: {browser}"


TINY_CLIP = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 64, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16, "mlp_ratio": 2},
    "text_cfg": {"context_length": 24, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2, "mlp_ratio": 2},
}


@pytest.fixture(scope="session")
def tiny_encoder():
    """An untrained CLIP of two layers a side: 4 x 4 patches, 22 word pieces, embeddings 16 wide."""
    import torch

    from gatedclip.model.encoder import Encoder, clip_tokenizer, new_clip

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Encoder(new_clip(TINY_CLIP), clip_tokenizer(24), "tiny", "squash")


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory) -> str:
    """The same kind of untrained CLIP as a folder, as GATEDCLIP_BACKBONE names it."""
    import torch

    from gatedclip.model.encoder import new_clip, save_clip

    folder = tmp_path_factory.mktemp("clip") / "tiny"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        save_clip(new_clip(TINY_CLIP), TINY_CLIP, folder)
    return f"local-dir:{folder}"


@pytest.fixture
def bench(home, tiny_backbone):
    """An empty workbench on the untrained CLIP."""
    workbench = open_bench(home, tiny_backbone)
    yield workbench
    workbench.store.close()


def open_bench(home: Path, backbone: str):
    from gatedclip.config import Settings
    from gatedclip.workbench import Workbench

    workbench = Workbench.open(Settings(home=home, backbone=backbone))
    workbench.team.choose("second share", 0.0, "the tests")  # one answer decides, unless a test wants more
    return workbench


@pytest.fixture(scope="session")
def taught_homes(tiny_backbone, tmp_path_factory) -> Callable[..., Path]:
    """Homes with a base set of 100, taught as asked, each made once however many tests ask; nobody works in them."""
    from bringing import dataset, teach

    base = open_bench(tmp_path_factory.mktemp("base") / "home", tiny_backbone)
    base.import_archive("base.zip", dataset(100), use="base")
    base.store.close()

    @cache
    def made(*how) -> Path:
        home = shutil.copytree(base.settings.home, tmp_path_factory.mktemp("taught") / "home")
        teach(open_bench(home, tiny_backbone), *how).store.close()
        return home

    return made


@pytest.fixture
def teach(home, tiny_backbone, taught_homes):
    """A workbench with a base set of 100, memes to review and a head that serves: teach(waiting, recipe, rivals=0). A copy."""
    opened = []

    def taught(waiting: int, recipe, rivals: int = 0):
        shutil.copytree(taught_homes(waiting, recipe, rivals), home)
        opened.append(open_bench(home, tiny_backbone))
        return opened[0]

    yield taught
    for workbench in opened:
        workbench.store.close()
