#!/usr/bin/env python3
"""Verifies an exported Heed ledger, offline. Python 3.8 or later and nothing else; shares no code with Heed.

  python3 verify.py FOLDER [--key FILE] [--trusted CHECKPOINT] [--json]

Exit code 0: verified. 1: not, with one line that says why. 2: wrong usage.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import sys

sys.dont_write_bytecode = True

import ed25519  # noqa: E402
from canonical import canonical, parse  # noqa: E402

WIDTH = 256
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", re.ASCII)


class Fault(Exception):
    def __init__(self, code, message, index=None):
        super().__init__(message)
        self.code, self.message, self.index = code, message, index


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text, code, what):
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Fault(code, f"{what} is no base64") from None
    if base64.b64encode(raw).decode() != text:
        raise Fault(code, f"{what} is no base64")
    return raw


class Key:
    def __init__(self, line):
        name, hint, encoded = (line.strip().split("+", 2) + ["", "", ""])[:3]
        raw = unbase64(encoded, "key_malformed", "the key")
        if not name or len(raw) != 33 or raw[0] != 1 or sha256(name.encode(), b"\n", raw)[:4].hex() != hint:
            raise Fault("key_malformed", "a key is one line, name+id+key, and the id belongs to both")
        self.name, self.hint, self.public = name, raw and bytes.fromhex(hint), raw[1:]


class Checkpoint:
    """A signed note of three lines or more: origin, size, root."""

    def __init__(self, note, where, keys):
        def malformed():
            return Fault("checkpoint_malformed", f"{where} is no signed checkpoint")

        text, separator, signatures = note.rpartition("\n\n")
        lines = text.split("\n")
        if not separator or not signatures.endswith("\n") or len(lines) < 3 or not lines[0] or "" in lines[3:]:
            raise malformed()
        if not re.fullmatch(r"0|[1-9][0-9]{0,15}", lines[1]):
            raise malformed()
        self.where, self.origin, self.size = where, lines[0], int(lines[1])
        self.root = unbase64(lines[2], "checkpoint_malformed", f"the root in {where}")
        if len(self.root) != 32:
            raise malformed()
        signed = []
        for line in signatures[:-1].split("\n"):
            match = re.fullmatch(r"\u2014 ([^+\s]+) (\S+)", line)
            if not match:
                raise malformed()
            raw = unbase64(match[2], "checkpoint_malformed", f"a signature in {where}")
            signed += [(key, raw[4:]) for key in keys if key.name == match[1] and key.hint == raw[:4]]
        if not signed or any(key.name != self.origin for key, _ in signed):
            raise Fault("checkpoint_unsigned", f"{where} is not signed by {' or '.join(k.name + '+' + k.hint.hex() for k in keys)}")
        if not all(ed25519.verify(key.public, (text + "\n").encode(), signature) for key, signature in signed):
            raise Fault("checkpoint_signature_wrong", f"{where} was changed after it was signed, or not signed by its key")


class Export:
    def __init__(self, folder):
        self.folder = folder

    def read(self, name):
        try:
            with open(os.path.join(self.folder, name), "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            code = "tile_missing" if name.startswith("tile/") else "file_missing"
            raise Fault(code, f"{name} is missing") from None

    def tile(self, level, index, width):
        groups = f"{index % 1000:03d}"
        rest = index // 1000
        while rest:
            groups, rest = f"x{rest % 1000:03d}/{groups}", rest // 1000
        name = f"tile/{level}/{groups}" + (f".p/{width}" if width < WIDTH else "")
        data = self.read(name)
        if len(data) != 32 * width:
            raise Fault("tile_changed", f"{name} holds {len(data)} bytes, not {32 * width}", index * WIDTH if level == 0 else None)
        return name, data

    def lines(self, name):
        try:
            with open(os.path.join(self.folder, name), encoding="utf-8", newline="\n") as file:
                for line in file:
                    if line.strip():
                        yield line
        except FileNotFoundError:
            raise Fault("file_missing", f"{name} is missing") from None


def checkpoints(export, keys, trusted):
    longest = Checkpoint(export.read("checkpoint").decode(), "checkpoint", keys)
    found = [] if trusted is None else [Checkpoint(trusted, "the trusted checkpoint", keys)]
    found.append(longest)
    for number, line in enumerate(export.lines("checkpoints.ndjson"), 1):
        try:
            note = parse(line)["note"]
        except (ValueError, KeyError, TypeError):
            raise Fault("file_malformed", f"checkpoints.ndjson is malformed in line {number}") from None
        found.append(Checkpoint(note, f"checkpoints.ndjson, line {number}", keys))
    sizes = {}
    for checkpoint in found:
        if checkpoint.origin != longest.origin:
            raise Fault("checkpoint_malformed", f"{checkpoint.where} is of {checkpoint.origin}")
        other = sizes.setdefault(checkpoint.size, checkpoint)
        if other.root != checkpoint.root:
            raise Fault("checkpoint_forked", f"{other.where} and {checkpoint.where} are of one size and have different roots")
    if max(sizes) > longest.size:
        raise Fault("rolled_back", f"the export ends at {longest.size}, {sizes[max(sizes)].where} is signed for {max(sizes)}")
    return longest, sizes


def check_tree(export, longest, sizes):
    """Adds up all leaf hashes, and holds every signed root and every upper tile against them. Returns the leaf hashes."""
    leaves, stack, good, bad = [], [], [], []

    def judge():
        signed = sizes.get(len(leaves))
        if signed is None:
            return
        root = None
        for _, node in reversed(stack):
            root = node if root is None else sha256(b"\x01", node, root)
        (good if (root or sha256()) == signed.root else bad).append(signed)

    judge()
    level, count, hashes, misfit = 0, longest.size, None, None
    while count:
        above = []
        for index in range((count + WIDTH - 1) // WIDTH):
            width = min(WIDTH, count - index * WIDTH)
            name, data = export.tile(level, index, width)
            nodes = [data[i : i + 32] for i in range(0, len(data), 32)]
            if hashes is not None and misfit is None:
                for position, node in enumerate(nodes):
                    if node != hashes[index * WIDTH + position]:
                        misfit = (level - 1, (index * WIDTH + position) * WIDTH)
                        break
            if level == 0:
                for node in nodes:
                    leaves.append(node)
                    size = 1
                    while stack and stack[-1][0] == size:
                        node = sha256(b"\x01", stack.pop()[1], node)
                        size *= 2
                    stack.append((size, node))
                    judge()
            if width == WIDTH:
                while len(nodes) > 1:
                    nodes = [sha256(b"\x01", nodes[i], nodes[i + 1]) for i in range(0, len(nodes), 2)]
                above.append(nodes[0])
        level, count, hashes = level + 1, count // WIDTH, above
    if bad and good and good[-1].size > bad[0].size:
        raise Fault("checkpoint_inconsistent", f"the ledger of {good[-1].where} never had the root of {bad[0].where} (size {bad[0].size})")
    if bad:
        start = good[-1].size if good else 0
        inside = misfit and misfit[0] == 0 and misfit[1] + WIDTH > start and misfit[1] < bad[0].size
        place = max(misfit[1], start) if inside else start
        raise Fault("tile_changed", f"a tile was changed at or after leaf {place}: at size {start} all is as signed, at {bad[0].size} it is not", place)
    if misfit:
        raise Fault("tile_changed", f"a tile of level {misfit[0] + 1} does not fit the leaves, which are as signed")
    return leaves


def leaf_hash(line, index):
    """The leaf hash of a record line, and the record."""
    try:
        record = parse(line)
        opened = {"index", "id", "kind", "at", "data", "salt"}
        names = set(record) - ({"ref"} if isinstance(record.get("ref"), str) and record["ref"] else set())
        well_formed = ID.fullmatch(record["id"]) and AT.fullmatch(record["at"]) and record["kind"] and float(record["index"]).is_integer()
        if names == opened and isinstance(record["data"], dict) and re.fullmatch(r"[A-Za-z0-9_-]{22}", record["salt"]):
            body = canonical({"data": record["data"], "ref": record.get("ref")}).encode()
            commitment = base64.urlsafe_b64encode(sha256(base64.urlsafe_b64decode(record["salt"] + "=="), body)).decode().rstrip("=")
        elif set(record) == {"index", "id", "kind", "at", "commitment"} and re.fullmatch(r"[A-Za-z0-9_-]{43}", record["commitment"]):
            commitment = record["commitment"]
        else:
            raise ValueError
        if not well_formed:
            raise ValueError
        leaf = {"at": record["at"], "commitment": commitment, "id": record["id"], "kind": record["kind"], "v": 1}
        return sha256(b"\x00", canonical(leaf).encode()), record
    except (ValueError, KeyError, TypeError, AttributeError, UnicodeError, RecursionError):
        raise Fault("record_malformed", f"where record {index} should be is no record", index) from None


def check_records(export, leaves, pruned):
    first = int(pruned.get("upTo", 0))
    if first > len(leaves):
        raise Fault("file_malformed", "pruned.json speaks of more records than there ever were")
    index, withheld, logged = first, 0, 0
    for line in export.lines("records.ndjson"):
        found, record = leaf_hash(line, index)
        if index >= len(leaves) or found != leaves[index]:
            explain(export, leaves, first, index, found, record["id"])
        if record["index"] != index:
            raise Fault("record_misnumbered", f"record {record['id']} at {index} calls itself {record['index']:.0f}", index)
        withheld += "commitment" in record
        if record["kind"] == "ledger.pruned" and "data" in record:
            told = record["data"].get("upTo")
            logged = max(logged, told if isinstance(told, float) else 0)
        index += 1
    if index < len(leaves):
        raise Fault("record_removed", f"records {index} to {len(leaves) - 1} are missing at the end", index)
    if first > logged:
        raise Fault("pruning_unlogged", f"{first} records are said to be pruned, the ledger knows of {logged:.0f}", int(logged))
    return index - first, withheld, first


def explain(export, leaves, first, index, found, name):
    belongs = leaves.index(found) if found in leaves else None
    stands = None
    if index < len(leaves):
        for position, line in enumerate(export.lines("records.ndjson")):
            if position > index - first:
                try:
                    if leaf_hash(line, position)[0] == leaves[index]:
                        stands = position + first
                        break
                except Fault:
                    continue
    if belongs is None and index < len(leaves) and stands is None:
        raise Fault("record_changed", f"record {name} at place {index} is not what the ledger has there", index)
    if belongs is None or belongs < index:
        raise Fault("record_inserted", f"record {name} does not belong at place {index}", index)
    if stands is None:
        raise Fault("record_removed", f"records {index} to {belongs - 1} are missing, or some of them; {name} is record {belongs}", index)
    raise Fault("record_moved", f"record {name} stands at place {index} and belongs at {belongs}", index)


def verify(folder, key_text=None, trusted=None):
    export = Export(folder)
    text = key_text if key_text is not None else export.read("key").decode()
    keys = [Key(line) for line in text.split("\n") if line.strip()]
    if not keys:
        raise Fault("key_malformed", "there is no key")
    longest, sizes = checkpoints(export, keys, trusted)
    leaves = check_tree(export, longest, sizes)
    pruned = {}
    if os.path.exists(os.path.join(folder, "pruned.json")):
        try:
            pruned = parse(export.read("pruned.json").decode())
        except ValueError:
            raise Fault("file_malformed", "pruned.json is malformed") from None
    records, withheld, gone = check_records(export, leaves, pruned)
    return {"verified": True, "origin": longest.origin, "size": longest.size, "root": base64.b64encode(longest.root).decode(),
            "checkpoints": len(sizes), "records": records, "withheld": withheld, "pruned": gone}


def main():
    parser = argparse.ArgumentParser(description="Verifies an exported Heed ledger, offline.")
    parser.add_argument("folder")
    parser.add_argument("--key", help="file with the ledger's key, obtained otherwise")
    parser.add_argument("--trusted", help="file with a checkpoint kept from before")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    def given(name):
        return open(name, encoding="utf-8").read() if name else None

    if not os.path.isdir(options.folder):
        parser.error(f"there is no folder {options.folder}")
    try:
        report = verify(options.folder, given(options.key), given(options.trusted))
    except Fault as fault:
        report = {"verified": False, "code": fault.code, "index": fault.index, "message": fault.message}
    if options.json:
        print(json.dumps(report))
    elif report["verified"]:
        print("VERIFIED: {origin}, {size} records, root {root}; {checkpoints} checkpoints; {withheld} withheld, {pruned} pruned".format(**report))
        if not options.key:
            print("with the key that the folder itself brings: compare it with one that you have otherwise, or give it as --key")
    else:
        print(f"NOT VERIFIED ({report['code']}): {report['message']}")
    return 0 if report["verified"] else 1


if __name__ == "__main__":
    sys.exit(main())
