#!/usr/bin/env python3
"""Makes the envelopes beside this file and digests.txt, by nothing of this package: Python's standard library and `cryptography`.

    python3 -m venv venv && venv/bin/pip install cryptography && venv/bin/python make-vectors.py

The keys are those of RFC 8032, section 7.1, tests 1 to 3, and the one of the DSSE specification (protocol.md, "Test vectors"): everybody
has them. P-256 signatures are deterministic (RFC 6979), so that a second run makes the same files.
"""
import base64, hashlib, json, pathlib, tomllib
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HERE = pathlib.Path(__file__).parent
TYPE = "application/vnd.ringfence.{}.v1+toml"


class Ed25519:
    scheme = "ed25519"

    def __init__(self, seed):
        self.key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message):
        return self.key.sign(message)


class P256:
    scheme = "ecdsa-p256-sha256"

    def __init__(self, scalar):
        self.key = ec.derive_private_key(scalar, ec.SECP256R1())
        self.public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def sign(self, message):
        der = self.key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        r, s = decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def key_id(key):
    return "k:" + hashlib.sha256(key.scheme.encode() + b"\0" + key.public).hexdigest()


def pae(kind, payload):
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)


one = Ed25519("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
two = Ed25519("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
three = Ed25519("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
card = P256(97358161215184420915383655311931858321456579547487070936769975997791359926199)

MACHINE = "machine-id:0123456789abcdef0123456789abcdef"
PROGRAM = "5d41402abc4b2a76b9719d911017c592ae1f0e3c8d7b6a594837261504f3e2d1"


def head(kind, version):
    return f'schema = "ringfence-{kind}/v1"\nkind = "{kind}"\nversion = {version}\nissued = 2026-01-0{version}T00:00:00Z\n'


def root(version, keys, roles):
    text = head("root", version) + 'expires = 2030-01-01T00:00:00Z\nprofile = "production"\n'
    for name, key in keys.items():
        public = base64.b64encode(key.public).decode()
        text += f'\n[[key]]\nname = "{name}"\nscheme = "{key.scheme}"\npublic = "{public}"\n'
    text += "\n[roles]\n"
    for role, (names, threshold) in roles.items():
        text += f'{role} = {{ keys = {json.dumps(names)}, threshold = {threshold} }}\n'
    return text


all_keys = {"one": one, "two": two, "card": card}
roles = {"root": (["one", "card"], 2), "base": (["one", "card"], 2), "revoke": (["two"], 1), "host": (["two"], 1),
         "recovery": (["two", "card"], 2)}
files = {
    "root.1": ("root", root(1, all_keys, roles), [one, card]),
    # The second root takes key one away from its own role and gives it to key three.
    "root.2": ("root", root(2, {**all_keys, "three": three}, {**roles, "root": (["three", "card"], 2)}), [one, card, three]),
    "base": ("base", f'''schema = "ringfence-policy/v1"
kind = "base"
id = "fleet-base"
version = 42
issued = 2026-01-01T00:00:00Z
expires = 2027-01-01T00:00:00Z
mode = "enforce"

[options]
on_expiry = "interp-guest"
supplemental = {{ signers = ["team-net"], ceiling = "interp-guest" }}

[signers]
platform = ["{key_id(one)}"]
team-net = ["{key_id(three)}"]

[[permit]]
id = "platform-verified"
tier = "interp-guest"
when = {{ signer = ["platform"] }}

[[forbid]]
id = "no-write-helpers"
tier = "interp-guest"
when = {{ helpers_any = ["bpf_probe_write_user", "bpf_override_return"] }}
''', [one, card]),
    "sup": ("sup", f'''schema = "ringfence-policy/v1"
kind = "sup"
id = "net"
extends = "fleet-base"
version = 1
issued = 2026-01-01T00:00:00Z
expires = 2027-01-01T00:00:00Z
mode = "enforce"

[[permit]]
id = "one-program"
tier = "jit-guest"
when = {{ program = ["bpf-prog:v1:sha256:{PROGRAM}"] }}

[[forbid]]
id = "no-tracing"
tier = "interp-guest"
when = {{ type = ["kprobe"] }}
''', [three]),
    "revoke": ("revoke", head("revoke", 1) + f'''expires = 2026-02-01T00:00:00Z

[[revoke]]
reason = "reads what it should not"
programs = ["bpf-prog:v1:sha256:{'ab' * 32}"]
verifiers = [3]
''', [two]),
    "host": ("host", head("host", 1) + f'expires = 2027-01-01T00:00:00Z\nmachines = ["{MACHINE}"]\nlabels = ["dev"]\n', [two]),
    "recovery": ("recovery", head("recovery", 1) + f'''expires = 2026-01-02T00:00:00Z
machine = "{MACHINE}"
install = "{'11' * 16}"
nonce = "{'22' * 16}"
reason = "a drill"
''', [two, card]),
    "tombstone": ("tombstone", head("tombstone", 1).replace("version = 1", "version = 43")
                  + 'target = "base/fleet-base"\nreason = "the fleet has another"\n', [one, card]),
    "attestation": (None, json.dumps({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "lb.o#xdp", "digest": {"bpfProgV1": PROGRAM}},
                    {"name": "lb.o", "digest": {"sha256": "cd" * 32}}],
        "predicateType": "urn:ringfence:program:v1",
        "predicate": {"author": "team-net", "verifier": "ringfence/4", "options": "strict", "verdict": "accepted"},
    }), [one, card]),
}

lines = []
for name, key in {**all_keys, "three": three}.items():
    lines.append(f"key {name} {key.scheme} {key.public.hex()} {key_id(key)}")
for name, (kind, text, signers) in files.items():
    payload = text.encode()
    if kind:
        tomllib.loads(text)
    kind = TYPE.format(kind) if kind else "application/vnd.in-toto+json"
    message = pae(kind, payload)
    envelope = {
        "payload": base64.b64encode(payload).decode(), "payloadType": kind,
        "signatures": [{"keyid": key_id(k), "sig": base64.b64encode(k.sign(message)).decode()} for k in signers],
    }
    (HERE / f"{name}.dsse").write_text(json.dumps(envelope, indent=1) + "\n")
    lines.append(f"file {name} {hashlib.sha256(payload).hexdigest()} {hashlib.sha256(message).hexdigest()}")
(HERE / "digests.txt").write_text("\n".join(lines) + "\n")
