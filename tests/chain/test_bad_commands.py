"""Whatever is wrong with a command about models is one clear line, exit code 2, and nothing half-written."""

import json
import os
import shlex
from pathlib import Path

import pytest

from decai.chain.abi import call_data
from decai.chain.base import Transaction
from decai.chain.compose import Texts, compose
from decai.chain.deploy import deploy
from decai.chain.rpc import RpcChain
from decai.classifier import SparsePerceptron
from decai.incentive import Stakeable
from decai.units import Address, Seconds, Wei
from tests.chain.commands import SPARSE, Done, Give, giving

HOUR = Seconds(3_600)
NOBODY = "0x00000000000000000000000000000000DeaDBeef"
CREATE2 = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
CODE_THAT_REVERTS = bytes.fromhex("600580600b6000396000f360006000fd")


class World:
    """A node with a model, on which there is one contribution, and a contract that is no model."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.chain = RpcChain(url)
        model = SparsePerceptron(("no", "yes"), [500_000_000, -500_000_000], learning_rate=250_000_000)
        what = compose(model, Stakeable(Wei(10), HOUR, HOUR, HOUR), Texts("m"), max_features=64)
        self.people = self.chain.accounts
        self.model = self.sent(deploy(self.chain, what, self.people[0]).contract)
        self.other = self.sent(self.chain.send(Transaction(self.people[0], None, CODE_THAT_REVERTS)).contract)
        data = call_data("addData(int64[],uint64)", [0], 1)
        self.added = self.chain.send(Transaction(self.people[0], self.model, data, Wei(10**9))).time

    @staticmethod
    def sent(address: Address | None) -> Address:
        assert address is not None
        return address


WORLDS: dict[str, World] = {}


@pytest.fixture
def world(node: str) -> World:
    """The same for all tests: no bad command changes anything."""
    if node not in WORLDS:
        WORLDS[node] = World(node)
    return WORLDS[node]


@pytest.fixture
def give(capfd: pytest.CaptureFixture[str]) -> Give:
    return giving(capfd)


FILES: dict[str, object] = {
    "good.json": SPARSE,
    "nan.json": {**SPARSE, "weights": [0.5, float("nan")]},
    "large.json": {**SPARSE, "weights": [1e9]},
    "wide.json": {**SPARSE, "sparseWeights": {"70000": 1}},
    "same.json": {**SPARSE, "classifications": ["no", "no"]},
    "long.json": {**SPARSE, "classifications": ["no", "y" * 1_025]},
    "half.json": {**SPARSE, "classifications": ["no", "\ud800"]},
    "half_name.json": {**SPARSE, "name": "\ud800"},
    "wordy.json": {**SPARSE, "description": "é" * 1_000},
    "number.json": {**SPARSE, "name": 5},
    "twice.json": {**SPARSE, "featureIndices": [1, 1, 2]},
    "longest.json": {**SPARSE, "longestSample": 0},
    "bits.json": {**SPARSE, "indexBits": 17},
    "terms.json": {**SPARSE, "incentive": ["stakeable"]},
    "wait.json": {**SPARSE, "incentive": {"kind": "points", "refundWait": 1.5}},
    "order.json": {**SPARSE, "incentive": {"refundWait": "9 days"}},
    "text.json": "no object",
    "points.json": {**SPARSE, "incentive": {"kind": "points", "costWeight": 5}},
    "dense.json": {"type": "dense perceptron", "classifications": ["no", "yes"], "weights": [0.5, -0.5]},
    "centroid.json": {
        "type": "dense nearest centroid classifier",
        "centroids": {name: {"centroid": [0.6, 0.8], "dataCount": 1} for name in ("no", "yes")},
    },
    "two.txt": "1,2\n[3]\n",
    "samples.txt": "1,2\n[3]\nx\n",
    "wide.txt": "1\n70000\n",
    "long.txt": "\n" + ",".join(["1"] * 65),
    "huge.txt": "1\n\n" + "9" * 5_000,
    "notes.vy": "no Vyper at all",
    "file": "",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with good and bad files, in which commands are given."""
    here = tmp_path / "here"
    here.mkdir()
    for name, content in FILES.items():
        is_text = isinstance(content, str) and name != "text.json"
        (here / name).write_text(str(content) if is_text else json.dumps(content))
    (here / "folder").mkdir()
    monkeypatch.chdir(here)
    return here


TRAIN = [
    ("", "Missing argument 'dataset'"),
    (
        "nope --classifier sparse-perceptron -o m.json",
        "error: the data set: must be one of digits, imdb, synthetic-text, tiny",
    ),
    ("tiny --classifier sparse-perceptron", "-o"),
    ("tiny -o m.json", "--classifier"),
    ("tiny --classifier nope -o m.json", "error: --classifier: must be one of 'sparse-perceptron', "),
    (
        "tiny --classifier dense-perceptron -o m.json",
        "error: --classifier: dense-perceptron cannot learn from the sparse features of tiny",
    ),
    ("tiny --classifier sparse-perceptron -o m.json --initial 0", "must be above 0 and at most 1"),
    ("tiny --classifier sparse-perceptron -o m.json --initial 2", "--initial"),
    ("tiny --classifier sparse-perceptron -o m.json --initial nan", "initial"),
    ("tiny --classifier sparse-perceptron -o m.json --seed=-1", "--seed"),
    ("tiny --classifier sparse-perceptron -o m.json --set nonsense", "write it as key=value"),
    (
        "tiny --classifier sparse-perceptron -o m.json --set model.epochs=0",
        "error: --set model.epochs: must be ",
    ),
    (
        "tiny --classifier sparse-perceptron -o m.json --set model.colour=red",
        "error: unknown key 'model.colour'",
    ),
    (
        "tiny --classifier sparse-perceptron -o m.json --set incentive.cost_weight=5",
        "--set incentive.cost_weight: does not apply to training; model.* and data.options.* do",
    ),
    ("tiny --classifier sparse-perceptron -o m.json --set data.dataset=imdb", "give another data set"),
    ("tiny --classifier sparse-perceptron -o m.json --set model.classifier=naive-bayes", "give --classifier"),
    ("tiny --classifier sparse-perceptron -o m.json --set data.initial=0.5", "give --initial"),
    ("tiny --classifier sparse-perceptron -o file/m.json", "file/m.json: cannot be written"),
    ("tiny --classifier sparse-perceptron -o folder", "folder: cannot be written"),
    ("tiny --classifier sparse-perceptron -o /proc/m.json", "/proc/m.json: cannot be written"),
]
DEPLOY = [
    ("", "FILE"),
    ("missing.json", "missing.json: cannot be read"),
    ("folder", "folder: is not a run"),
    ("file", "file: not JSON"),
    ("text.json", "text.json"),
    ("nan.json", "nan.json: weights[1] is NaN; every weight must be a finite number"),
    ("large.json", "large.json: weights[0] is 1000000000.0; every weight must be"),
    ("wide.json --index-bits 16", "feature 70000 needs indices of more than 16 bits"),
    ("good.json --counter-bits 24", "sparse-perceptron: counters have 8, 16 or 32 bits, not 24"),
    (
        "good.json --warm 65537",
        "sparse-perceptron: 65,537 is no number of features that can be warmed up; "
        "indices of 16 bits name at most 65,536",
    ),
    ("good.json --warm=-1", "--warm"),
    (
        "dense.json --counter-bits 8",
        "dense-perceptron: only the counters of a sparse perceptron have a width",
    ),
    ("dense.json --warm 1", "dense-perceptron: it has no counters that can be warmed up"),
    ("longest.json", "longest.json: longestSample must be a whole number from 1 to"),
    ("bits.json", "bits.json: indexBits must be 16 or 32"),
    ("terms.json", "terms.json: incentive must be an object"),
    ("wait.json", "wait.json: incentive.refundWait must be a text or a whole number"),
    (
        "order.json",
        "--owner-claim-wait: 8 d is shorter than order.json: incentive.refundWait, 9 d; the waits",
    ),
    ("good.json --incentive nope", "--incentive: 'nope' is neither stakeable nor points"),
    ("good.json --shares both", "--shares: 'both' is neither count nor deposit"),
    ("good.json --refund-wait=-5", "--refund-wait: '-5' is negative"),
    ("good.json --refund-wait soon", "--refund-wait: 'soon' is not a duration"),
    ("good.json --refund-wait 1.5", "--refund-wait: '1.5' is not a whole number of s"),
    ("good.json --refund-wait 4294967296", "--refund-wait: '4294967296' is too large; it must be below 2^32"),
    ("good.json --incentive points --refund-wait 4294967296", "--refund-wait: '4294967296' is too large"),
    ("good.json --owner-claim-wait=-1day", "--owner-claim-wait: '-1day' is negative"),
    ("good.json --any-claim-wait 1e30", "--any-claim-wait: '1e30'"),
    (
        "good.json --refund-wait 9days",
        "--owner-claim-wait: 8 d is shorter than --refund-wait, 9 d; the waits",
    ),
    ("good.json --any-claim-wait 1day", "--any-claim-wait: 1 d is shorter than --owner-claim-wait, 8 d"),
    ("good.json --cost-weight=-1", "--cost-weight: '-1' is negative"),
    ("good.json --cost-weight much", "--cost-weight: 'much' is not an amount of money"),
    (
        "good.json --cost-weight 20000000ether",
        "--cost-weight: '20000000ether' is too large; it must be below",
    ),
    (
        "good.json --incentive points --cost-weight 5",
        "--cost-weight does not apply to points, which take no deposits (--incentive says points); leave it",
    ),
    ("good.json --incentive points --owner-claim-wait 9days", "--owner-claim-wait does not apply to points"),
    ("good.json --incentive points --any-claim-wait 9days", "--any-claim-wait does not apply to points"),
    ("good.json --incentive points --shares count", "--shares does not apply to points"),
    (
        "points.json --cost-weight 5",
        "--cost-weight does not apply to points, which take no deposits (points.json: incentive.kind says",
    ),
    (
        "dense.json --max-features 64",
        "--max-features does not apply to dense-perceptron, whose samples are vectors of 2 numbers",
    ),
    ("dense.json --index-bits 16", "--index-bits does not apply to dense-perceptron"),
    ("centroid.json --max-features 64", "--max-features does not apply to dense-centroid"),
    (
        "good.json --part incentive=a.vy --part incentive=b.vy",
        "--part incentive: is given twice, as a.vy and as b.vy; give one",
    ),
    ("good.json --part incentive=", "'incentive=' names no part"),
    ("good.json --max-features 100", "max features must be one of 64, 128, 256 and 512, not 100"),
    ("good.json --max-features x", "--max-features"),
    ("good.json --index-bits 8", "index bits must be 16 or 32, not 8"),
    (f"good.json --name {'x' * 1_025}", "name has 1,025 bytes; at most 1,024 fit"),
    ("good.json --part nonsense", "'nonsense' names no part; give such as --part incentive=FILE.vy"),
    ("good.json --part colour=notes.vy", "colour is no part that can be replaced"),
    ("good.json --part incentive=missing.vy", "missing.vy: cannot be read"),
    ("good.json --part incentive=notes.vy", "the contract does not compile: "),
    ("good.json --account 0x12", "'0x12' is no address"),
    (f"good.json --account {NOBODY}", "DeaDBeef"),
]
INFO = [
    ("", "ADDRESS"),
    ("nope", "'nope' is no address; one is 0x and 40 hexadecimal digits, and no known model on chain 31337"),
    ("0x5FbDB2315678afecb367f032d93F642f64180aa4", "is mistyped"),
    (NOBODY, f"{NOBODY}: there is no contract at this address on chain 31337"),
    ("{other}", "is no decai model (composition(): the contract refuses without a word)"),
    # anvil comes with it, and its code takes all gas
    (
        CREATE2,
        f"{CREATE2}: the contract at this address is no decai model (composition(): the contract fails)",
    ),
]
PREDICT = [
    ("{model}", "give one of --features, --numbers, --text, --sample, --file and --dataset"),
    (
        "{model} --features 1 --text x",
        "give one of --features, --numbers, --text, --sample, --file and --dataset",
    ),
    ("{model} --features 1 --dataset tiny", "give one of --features and --dataset"),
    ("{model} --features 1 --rows 1", "--rows does not apply without --file or --dataset; leave it out"),
    ("{model} --numbers 1,2", "--numbers: this model takes lists of feature indices and no other numbers"),
    ("{model} --sample 1,x", "--sample: 'x' is no number"),
    ("{model} --file samples.txt --rows 7", "samples.txt, line 3"),
    ("{model} --file two.txt --rows 7", "rows 7 lie outside; there are 2"),
    ("{model} --file two.txt --rows 7:", "rows 7: lie outside; there are 2"),
    ("{model} --file two.txt --rows 2:1", "rows 2:1 end before they begin; write the lower number first"),
    ("{model} --features 1,x", "--features: 'x' is no feature index; give a list such as 1,5,9"),
    ("{model} --features=-1", "'-1' is no feature index"),
    (f"{{model}} --features {'9' * 5_000}", "is no feature index"),
    ("{model} --features 70000", "a feature index is out of range: 70000, and the largest is 65,535"),
    (f"{{model}} --features {','.join(['1'] * 65)}", "too many features: 65, and it takes 64 at most"),
    ("{model} --text good", "the encoder of this model is 'none', which takes no text; give --features"),
    ("{model} --file missing.txt", "missing.txt: cannot be read"),
    ("{model} --file samples.txt", "samples.txt, line 3: 'x' is no feature index"),
    ("{model} --file wide.txt", "wide.txt, line 2: sparse-perceptron: a feature index is out of range"),
    ("{model} --file long.txt", "long.txt, line 2: sparse-perceptron: too many features"),
    ("{model} --file huge.txt", "huge.txt, line 3: '9999"),
    ("{model} --dataset nope", "there is no data set 'nope'"),
    ("{model} --dataset tiny-dense", "tiny-dense: its samples are vectors; this model takes lists of"),
    ("{model} --dataset tiny --rows x", "'x' names no rows"),
    ("{model} --dataset tiny --rows 0:9999999", "rows 0:9999999 lie outside"),
    ("{model} --features 1 --first-block=-1", "--first-block"),
    (f"{NOBODY} --features 1", "there is no contract at this address"),
]
ADD_DATA = [
    ("{model} --features 1", "--label"),
    ("{model} --label yes", "give one of --features, --numbers, --text, --sample and --file"),
    ("{model} --label maybe --features 1", "'maybe' is no class of this model; it has no (0), yes (1)"),
    ("{model} --label 2 --features 1", "'2' is no class of this model"),
    (f"{{model}} --label {'9' * 5000} --features 1", "9' is no class of this model"),
    (
        "{model} --label yes --features 1,70000",
        "a feature index is out of range: 70000, and the largest is 65,535",
    ),
    ("{model} --label yes --features 1 --value=-1", "--value: '-1' is negative"),
    ("{model} --label yes --features 1 --value much", "--value: 'much' is not an amount of money"),
    ("{model} --label yes --features 1 --value '1 foo'", "error: --value: '1 foo': unknown unit 'foo'"),
    ("{model} --label yes --features 1 --value 1", "stakeable: the value sent is below the cost"),
    ("{model} --label yes --features 1 --value 20000ether", "are missing; nothing was sent"),
    (f"{{model}} --label yes --features 1 --account {NOBODY}", "DeaDBeef"),
]
REFUND = [
    ("{model}", "which contribution? Give --number, or its --features, --label and --added"),
    ("{model} --number=-1", "--number"),
    ("{model} --number 7", "there is no contribution 7; the model has 1 contribution, from 0 on"),
    ("{model} --number 0", "stakeable: not enough time has passed"),
    ("{model} --number 0 --account {bo}", "contribution 0 is {ada}'s, not {bo}'s; report it instead"),
    ("{model} --number 0 --first-block 99", "there is no block 99 yet; the latest of this chain is"),
    ("{model} --number 0 --features 1", "--number names the contribution already; leave out --features"),
    (
        "{model} --number 0 --label yes --added 7",
        "names the contribution already; leave out --label, --added",
    ),
    ("{model} --features 1 --row 1 --label yes --added 7", "--row does not apply without --file"),
    ("{model} --features 1 --label yes --added x", "--added"),
    ("{model} --features 1 --label yes --added 7", "data handler: no such contribution"),
]
REPORT = [
    ("{model}", "which contribution? Give --number, or its --features, --label and --added"),
    ("{model} --features 0 --label yes --added 7", "whose contribution is it? Give --author, or name it by"),
    ("{model} --features 0 --label yes --added 7 --author x", "'x' is no address"),
    ("{model} --features 0 --label yes --added 7 --author {ada}", "data handler: no such contribution"),
    ("{model} --number 0 --account {bo}", "stakeable: not enough time has passed"),
    ("{model} --number 7", "there is no contribution 7"),
    ("{model} --number 0 --author {ada}", "--number names the contribution already; leave out --author"),
]
ADD_CLASS = [
    ("{model}", "NAME"),
    ("{model} maybe", "sparse-perceptron: has exactly two classes"),
    ("{model} maybe --from missing.txt", "missing.txt: cannot be read"),
    ("{model} maybe --from samples.txt", "samples.txt, line 3: 'x' is no feature index"),
    ("{other} maybe", "is no decai model"),
]
FORGET = [
    ("", "ADDRESS"),
    ("nope", "no known model has the name 'nope', or an address that begins so"),
    ("0x5FbD --chain-id 7", "no known model on chain 7 has the name '0x5FbD'"),
    ("nope --chain-id x", "--chain-id"),
]
CLAIMS = [
    ("nope", "no known model on chain 31337 has this name"),
    ("{other}", "is no decai model"),
    ("{model} --account 0x12", "'0x12' is no address"),
    ("{model} --first-block {latest}", "has no event of its deployment in block {latest} or after it; begin"),
]
WATCH = [
    ("{model} --every 0", "--every"),
    ("{model} --first-block 99", "there is no block 99 yet"),
    ("{other}", "is no decai model"),
]
VERIFY = [
    ("{other}", "is no decai model"),
    ("{model} --first-block x", "--first-block"),
    ("{model} --first-block {latest}", "has no event of its deployment in block {latest} or after it; begin"),
]
EXPORT = [
    ("{model}", "-o"),
    ("{other} -o m.json", "is no decai model"),
    ("{model} -o file/m.json", "file/m.json: cannot be written"),
    ("{model} -o folder", "folder: cannot be written"),
]
SOURCE = [
    ("nope", "no known model on chain 31337 has this name"),
    ("{other}", "is no decai model"),
    ("{model} -o file", "file: is a file; name a folder"),
]
OF_FILES = [
    ("contract source nan.json", "nan.json: weights[1] is NaN"),
    ("contract source good.json -o file", "file: is a file; name a folder"),
    ("contract source good.json -o file/out", "cannot be written"),
    ("contract source good.json --json -o out", "-o does not apply to --json, which prints"),
    ("deploy same.json --json", "same.json: two classes have the name 'no'"),
    ("deploy long.json --json", "long.json: the name of a class has 1,025 bytes; at most 1,024 fit"),
    ("deploy half.json --json", "half.json: the name of a class is no valid text"),
    ("deploy half_name.json --json", "half_name.json: name is no valid text"),
    ("deploy wordy.json --json", "wordy.json: description has 2,000 bytes; at most 1,024 fit"),
    ("deploy wordy.json --json --description=short --name=\ud800", "error: --name is no valid text"),
    ("deploy number.json --json", "number.json: name is 5; it must be a text"),
    ("deploy twice.json --json", "twice.json: featureIndices[1]: 1 stands twice; every weight"),
    ("contract source good.json --incentive nope", "--incentive: 'nope' is neither stakeable nor points"),
    ("contract source good.json --max-features 1", "max features must be one of 64"),
    ("contract source good.json --part incentive=missing.vy", "missing.vy: cannot be read"),
    ("deploy good.json --rpc nonsense", "'nonsense' is no URL of a node"),
    ("deploy good.json --rpc ftp://127.0.0.1", "decai talks to nodes over http or https, not ftp"),
    ("deploy good.json --rpc http://127.0.0.1:1", "nobody listens there; is the node running?"),
    ("model info m --rpc http://127.0.0.1:1", "nobody listens there; is the node running?"),
]
ON_A_NODE = {
    "deploy": DEPLOY,
    "model info": INFO,
    "model predict": PREDICT,
    "model add-data": ADD_DATA,
    "model refund": REFUND,
    "model report": REPORT,
    "model claims": CLAIMS,
    "model add-class": ADD_CLASS,
    "model watch": WATCH,
    "model verify": VERIFY,
    "model export": EXPORT,
    "contract source": SOURCE,
}


def left_alone(folder: Path, data_folder: Path) -> tuple[list[str], list[str]]:
    """What a bad command must not change: the files, what is known, and what is under way."""
    kept = [
        str(path.relative_to(data_folder))
        for name in ("journal", "models.json")
        for path in [data_folder / name, *(data_folder / name).glob("*")]
        if path.is_file()
    ]
    return sorted(os.listdir(folder)), kept


@pytest.mark.parametrize(("arguments", "part"), TRAIN)
def test_train(arguments: str, part: str, give: Give, folder: Path, data_folder: Path) -> None:
    before = left_alone(folder, data_folder)
    give("train", *arguments.split()).refused(part)
    assert left_alone(folder, data_folder) == before


@pytest.mark.parametrize(("arguments", "part"), FORGET)
def test_forget(arguments: str, part: str, give: Give, folder: Path, data_folder: Path) -> None:
    before = left_alone(folder, data_folder)
    give("model", "forget", *arguments.split()).refused(part)
    assert left_alone(folder, data_folder) == before


@pytest.mark.parametrize(("arguments", "part"), OF_FILES)
def test_before_any_node(arguments: str, part: str, give: Give, folder: Path, data_folder: Path) -> None:
    before = left_alone(folder, data_folder)
    give(*arguments.split()).refused(part)
    assert left_alone(folder, data_folder) == before


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("command", "arguments", "part"),
    [
        pytest.param(command, *row, id=f"{command} {row[0][:60]}")
        for command, rows in ON_A_NODE.items()
        for row in rows
    ],
)
def test_on_a_node(
    command: str, arguments: str, part: str, world: World, give: Give, folder: Path, data_folder: Path
) -> None:
    latest = world.chain.block
    ada, bo = world.people[:2]
    names = {"model": world.model, "other": world.other, "ada": ada, "bo": bo, "latest": latest}
    before = left_alone(folder, data_folder)
    options = shlex.split(arguments.format(**names))
    # Without it, deploying tells each step as it comes.
    quiet = ["--json"] if command == "deploy" else []
    done = give(*command.split(), *options, "--rpc", world.url, *quiet)
    done.refused(part.format(**names))
    assert left_alone(folder, data_folder) == before
    assert world.chain.block == latest


def test_too_little_ether(world: World, give: Give, folder: Path) -> None:
    poor = world.people[9]
    world.chain.set_balance(poor, Wei(10**12))
    options = ("--account", poor, "--rpc", world.url)
    give("deploy", "good.json", "--json", *options).refused(f"{poor} has 0.000001 ETH, and this takes up to ")
    give("model", "add-data", world.model, "--label=yes", "--features=1", *options).refused(
        "nothing was sent"
    )


def test_errors_beside_json_are_the_same_line(world: World, give: Give) -> None:
    given = ("model", "info", NOBODY, "--rpc", world.url)
    plain, as_json = give(*given), give(*given, "--json")
    assert plain == as_json == Done(2, "", plain.err)
