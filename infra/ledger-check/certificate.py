#!/usr/bin/env python3
"""Verifies a Heed certificate, offline. Python 3.8 or later and nothing else; shares no code with Heed.

  python3 certificate.py FILE [--key FILE] [--json]

Looks at the signature, at every data store's own signature, and at the proofs that the ledger has the certificate and the
records that came with it. Exit code 0: verified. 1: not, with one line for each thing that is wrong. 2: wrong usage.
"""

import argparse
import base64
import hashlib
import json
import os
import sys

sys.dont_write_bytecode = True

import ed25519  # noqa: E402
import verify as ledger  # noqa: E402
from canonical import canonical, parse  # noqa: E402

ISSUER = {"erasure": "dsar", "withdrawal": "consent", "consent": "consent", "notice": "notifications", "receipt": "consent"}

# Of the published context of receipts, in its RFC 8785 form: another one would change what the names in a receipt mean.
RECEIPT_CONTEXT = "986b6a35f3537fedb9f8cf82d8d65cf584aa6ac03831da455a48827ac616c818"


def unbase64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def thumbprint(key):
    """RFC 7638, of the key itself: the id that stands beside it could be anybody's."""
    text = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": key["x"]}, separators=(",", ":"))
    return base64.urlsafe_b64encode(sha256(text.encode())).decode().rstrip("=")


def signed(body, proof, key):
    if not isinstance(key, dict) or key.get("kty") != "OKP" or thumbprint(key) != proof["kid"]:
        return False
    return ed25519.verify(unbase64url(key["x"]), canonical(body).encode(), unbase64url(proof["signature"]))


def included(evidence, root):
    """RFC 9162, section 2.1.3.2."""
    index, last = int(evidence["index"]), int(evidence["size"]) - 1
    if not 0 <= index <= last:
        return False
    record = dict(evidence["record"], index=index)
    computed, _ = ledger.leaf_hash(json.dumps(record), index)
    for step in evidence["inclusion"]:
        step = base64.b64decode(step, validate=True)
        if last == 0 or len(step) != 32:
            return False
        if index % 2 == 1 or index == last:
            computed = sha256(b"\x01", step, computed)
            while index % 2 == 0 and index > 0:
                index, last = index // 2, last // 2
        else:
            computed = sha256(b"\x01", computed, step)
        index, last = index // 2, last // 2
    return last == 0 and computed == root


def check_stores(certificate):
    for dispatch in certificate.get("dispatches", []):
        for store in dispatch["stores"]:
            answer = store["acknowledgement"]
            if answer is None:
                claimed = store["outcome"] == "done" or any(store[name] for name in ("assurance", "rows", "residue", "kept", "completedAt"))
                if claimed:
                    yield f"acknowledgement of {store['dataStore']}"
                continue
            body = answer["body"]
            request = certificate.get("request")
            owner, refs = ("dsar", [request["ref"], *request["aliases"]]) if request else ("consent", [dispatch["ref"]])
            meant = body["owner"] == owner and body["ref"] in refs
            own = meant and (body["tenant"], body["dispatchId"], body["dataStore"]) == (certificate["tenant"]["id"], dispatch["id"], store["dataStore"])
            told = all(body[name] == store[name] for name in ("outcome", "assurance", "rows", "residue", "completedAt"))
            if not own or not told or not signed(body, answer["proof"], store["agentKey"]):
                yield f"acknowledgement of {store['dataStore']}"


def check_record(evidence, key):
    """What is wrong with it, or None."""
    record = evidence["record"]
    if evidence["origin"] != key.name:
        return f"ledger record {record['kind']}"
    try:
        checkpoint = ledger.Checkpoint(evidence["checkpoint"], "checkpoint", [key])
    except ledger.Fault:
        return f"checkpoint for {record['kind']}"
    try:
        holds = checkpoint.size == int(evidence["size"]) and included(evidence, checkpoint.root)
    except (ledger.Fault, ValueError):
        holds = False
    return None if holds else f"ledger record {record['kind']}"


def faults(document, given):
    certificate, proof, own = document["certificate"], document["proof"], document["key"]
    kind = certificate["schema"].split("/")[2]
    origin = f"heed/{ISSUER[kind]}/{certificate['tenant']['id']}"
    public = b"\x01" + unbase64url(own["x"])
    hint = sha256(origin.encode(), b"\n", public)[:4].hex()
    line = f"{origin}+{hint}+{base64.b64encode(public).decode()}"
    if "@context" in document and sha256(canonical(document["@context"]).encode()).hex() != RECEIPT_CONTEXT:
        yield "context"
    if given and line not in given:
        yield "key"
    if not signed(certificate, proof, own):
        yield "signature"
    yield from check_stores(certificate)
    issued = False
    for evidence in document["ledger"]:
        wrong = check_record(evidence, ledger.Key(line))
        if wrong:
            yield wrong
        elif evidence["record"]["kind"] == "certificate.issued" and "data" in evidence["record"]:
            data = evidence["record"]["data"]
            fingerprint = sha256(canonical(certificate).encode()).hex()
            issued = issued or (data.get("sha256") == fingerprint and data.get("certificateId") == certificate["id"])
    if not issued:
        yield "entered in the ledger"


def main():
    parser = argparse.ArgumentParser(description="Verifies a Heed certificate, offline.")
    parser.add_argument("file")
    parser.add_argument("--key", help="file with the ledger's key, obtained otherwise")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for name in filter(None, (options.file, options.key)):
        if not os.path.isfile(name):
            parser.error(f"there is no file {name}")
    given = [line.strip() for line in open(options.key, encoding="utf-8") if line.strip()] if options.key else []
    try:
        with open(options.file, encoding="utf-8") as file:
            wrong = list(faults(parse(file.read()), given))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ledger.Fault):
        wrong = ["form"]
    if options.json:
        print(json.dumps({"verified": not wrong, "faults": wrong}))
    elif wrong:
        print("\n".join(f"NOT VERIFIED: {what}" for what in wrong))
    else:
        print("VERIFIED" + ("" if given else ", with the key that the file itself brings: compare it with one that you have otherwise"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
