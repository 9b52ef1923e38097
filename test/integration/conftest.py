"""What the tests share: one broker for the session, a world with a topic and a lake for each test."""
import itertools
import os
import re
import signal

import pytest

pytest.register_assert_rewrite("auditor", "program", "waiting", "world")

import program
from kafka_broker import Broker
from waiting import wait_for
from world import World


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="more seeds, more kills")
    parser.addoption("--readers", action="store_true", help="what needs Spark and Trino, and nothing else")
    parser.addoption("--kills", type=int, help="SIGKILLs per seed")
    parser.addoption("--seed", type=int, help="this seed instead of the ones that are there")


def pytest_collection_modifyitems(config, items):
    """Tests marked `long` belong to the long runs only, those marked `readers` are runs of their own."""
    readers, long_run = config.getoption("readers"), config.getoption("long")
    left_out = [item for item in items if (item.get_closest_marker("readers") is not None) != readers
                or item.get_closest_marker("long") and not long_run]
    for item in items:
        if item.get_closest_marker("readers"):
            item.add_marker(pytest.mark.timeout(1800))  # Spark and Trino are slow to start on a busy machine
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_generate_tests(metafunc):
    """A test that takes `seed` runs once per seed; with --long it runs for more of them."""
    if "seed" in metafunc.fixturenames:
        chosen, long_run = metafunc.config.getoption("seed"), metafunc.config.getoption("long")
        seeds = [chosen] if chosen is not None else list(range(1, 6)) if long_run else [1]
        metafunc.parametrize("seed", seeds)


@pytest.fixture(scope="session", autouse=True)
def nothing_left_behind():
    yield
    try:
        wait_for("all processes have ended", lambda: not program.left_behind(), limit=20)
    except AssertionError:
        left = program.left_behind()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        pytest.fail(f"processes were left behind: {left}")


@pytest.fixture(scope="session")
def broker(nothing_left_behind, tmp_path_factory):
    broker = Broker(tmp_path_factory.mktemp("kafka"), secure=True).start()
    yield broker
    broker.stop()


@pytest.fixture
def own_broker(nothing_left_behind, tmp_path):
    """For tests that stop it."""
    broker = Broker(tmp_path / "kafka").start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def spark(nothing_left_behind, tmp_path_factory):
    from spark_engine import Spark  # its packages are there for the readers' runs only
    engine = Spark(tmp_path_factory.mktemp("spark"))
    yield engine
    engine.stop()


@pytest.fixture(scope="session")
def trino(nothing_left_behind, tmp_path_factory):
    from trino_engine import Trino
    engine = Trino(tmp_path_factory.mktemp("trino"))
    yield engine
    engine.stop()


_numbers = itertools.count(1)


@pytest.fixture
def world(broker, tmp_path, request) -> World:
    """The topic is not created yet."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60]
    return World(broker, f"{name}-{next(_numbers)}", tmp_path / "world")
