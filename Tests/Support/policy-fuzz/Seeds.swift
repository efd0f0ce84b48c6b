import PolicyCore
import PolicyTesting
import PolicyTrust

/// What mutations begin with, and what they put in.
enum Seeds {
    static let punctuation =
        Array("{}[]\",:=#.\\ \n'-+_ktTZ0129/\u{0}\t\r".utf8) + [
            0xC2, 0x85, 0xE2, 0x80, 0xAE, 0xEF, 0xBB, 0xBF, 0xFF, 0xED,
        ]

    static let words: [[UInt8]] =
        [
            "true", "false", "null", "0", "1", "-1", "042", "1.0", "1e9", "18446744073709551616", "9007199254740992",
            "2026-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "\"\"\"", "'''", "\\u0000", "\\ud800", "\\u0070", "[[",
            "]]",
            "{}", "[]", "\"payload\"", "\"payloadType\"", "\"signatures\"", "\"sig\"", "[[permit]]\n", "[[forbid]]\n",
            "[options]\n", "when", "tier", "id", "signers", "threshold", "keys", "\u{202E}", "\u{FEFF}", "\u{2028}",
            "e\u{301}",
            "\u{1F1E9}\u{1F1EA}", "bpf-prog:v1:sha256:", "k:", "sha256:", "machine-id:", "ed25519", "ecdsa-p256-sha256",
            "interp-guest", "jit-child", "_type", "predicate", "digest", "====", "==", "AAAA",
        ].map { Array($0.utf8) }

    static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: ":"):
            true
        case _: false
        }
    }

    static func seeds(of reader: Reader) -> [[UInt8]] {
        switch reader {
        case .envelope:
            let short = Envelope(payloadType: "t", payload: [1, 2, 3], signatures: [[4], [5, 6]])
            return [
                must(try? Envelope(signing: bytes("x = 1\n"), as: .base, with: [person("ann"), person("card")])).json,
                short.json,
                bytes("{\"a\":{\"b\":[\"\\u00e9\"]},\"payloadType\":\"t\",\"payload\":\"\",\"signatures\":[]}"),
                bytes(
                    " { \"payload\" : \"-_-_\" , \"payloadType\" : \"x\" , \"signatures\" : [ { \"keyid\" : \"\" , \"sig\" : \"AA==\" } ] } \n"
                ),
            ]
        case .base64: return ["Zg==", "Zm8=", "Zm9v", "-_-_", "+/+/", "AAAAAAAA", ""].map { bytes($0) }
        case .toml: return texts + lists
        case .policy: return texts
        case .root:
            return [
                bytes(RootText().text),
                bytes(RootText(version: 2, profile: "development", extra: "reset_floor = [\"revoke\"]").text),
            ]
        case .lists: return lists
        case .statement:
            let digest = must(ContentDigest([UInt8](repeating: 7, count: 32)))
            let statement = ProgramStatement(
                programs: [ProgramDigest(digest)], objects: [digest], author: "team", verifier: "ringfence/4",
                options: "strict", verdict: "accepted")
            return [statement.json(name: "lb.o#xdp"), statement.json(name: "\"\\")]
        case .state:
            let nonce = must(Nonce([UInt8](repeating: 1, count: 16)))
            let digest = must(ContentDigest([UInt8](repeating: 7, count: 32)))
            var state = HostState(
                install: nonce, machine: must(MachineID("0123456789abcdef0123456789abcdef")),
                root: .init(version: 1, sha256: digest, root: 1), now: UTCTime(secondsSince1970: 1_780_272_000))
            let key = must(try? StateKey([UInt8](repeating: 9, count: 32)))
            let small = state.file(key)
            state.floors[.base("fleet")] = .init(version: 42, sha256: digest, root: 1)
            state.resets[.revoke] = 1
            state.usedRecoveries = [nonce]
            state.recovery = digest
            return [small, state.file(key)]
        }
    }

    private static let texts: [[UInt8]] = [
        """
        schema = "ringfence-policy/v1"
        kind = "base"
        id = "fleet"
        version = 42
        issued = 2026-01-01T00:00:00Z
        expires = 2027-01-01T00:00:00Z
        mode = "enforce"
        note = "für alle"  # ein Kommentar

        [options]
        on_expiry = "interp-guest"
        supplemental = { signers = ["net"], ceiling = "interp-guest" }

        [signers]
        net = ["k:40302329e41f3cc765c446cc3902ec77056e35ec0b89ffff383ed45214d7c5b0"]

        [[permit]]
        id = "xdp"
        tier = "jit-guest"
        when = { type = ["xdp", "sched_cls"], "insns.max" = 4096, verdict = "accepted" }

        [[forbid]]
        id = "none"
        tier = "interp-guest"
        when = { helpers_any = ["bpf_probe_write_user", 25] }

        [[expect]]
        given = { type = "xdp", "host.kvm" = "usable", helpers = [] }
        then = { outcome = "jit-guest", code = "OK" }

        """,
        """
        schema = "ringfence-policy/v1"
        kind = "sup"
        id = "net"
        extends = "fleet"
        version = 1
        issued = 2026-01-01T00:00:00Z
        expires = 2027-01-01T00:00:00Z
        mode = "audit"

        """,
    ].map { Array($0.utf8) }

    private static let lists: [[UInt8]] = {
        func list(_ kind: String, _ rest: String) -> [UInt8] {
            bytes(
                "schema = \"ringfence-\(kind)/v1\"\nkind = \"\(kind)\"\nversion = 3\nissued = 2026-01-01T00:00:00Z\n\(rest)"
            )
        }
        let digits = String(repeating: "ab", count: 32)
        let nonce = String(repeating: "11", count: 16)
        return [
            list(
                "revoke",
                "expires = 2027-01-01T00:00:00Z\n[[revoke]]\nreason = \"x\"\nprograms = [\"bpf-prog:v1:sha256:\(digits)\"]\n"
                    + "keys = [\"k:\(digits)\"]\nattestations = [\"sha256:\(digits)\"]\nverifiers = [3, 4]\n"),
            list(
                "host",
                "expires = 2027-01-01T00:00:00Z\nmachines = [\"machine-id:\(nonce)\"]\nlabels = [\"dev\", \"x\"]\n"),
            list(
                "recovery",
                "expires = 2026-01-02T00:00:00Z\nmachine = \"machine-id:\(nonce)\"\ninstall = \"\(nonce)\"\nnonce = \"\(nonce)\"\nreason = \"x\"\n"
            ),
            list("tombstone", "target = \"base/fleet\"\nreason = \"x\"\n"),
        ]
    }()
}
