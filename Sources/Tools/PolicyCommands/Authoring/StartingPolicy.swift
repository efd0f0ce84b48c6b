internal import PolicyCore

/// A policy text to begin with.
struct StartingPolicy {
    enum Profile: String, CaseIterable {
        /// One person's machine.
        case development
        /// A host that generates no code.
        case production
        /// A host that generates code inside of guests.
        case jit
        /// A host that rarely hears of anything new.
        case airGapped = "air-gapped"
    }

    var profile: Profile
    var id: String
    /// Whose signatures on programs count; none: a key that nobody has.
    var keys: [KeyID]
    var now: UTCTime

    private var validityDays: Int64 {
        switch profile {
        case .development, .production, .jit: 90
        case .airGapped: 365
        }
    }

    var text: String {
        // Times are written without seconds that mean nothing.
        let start = UTCTime(secondsSince1970: now.secondsSince1970 / 3600 * 3600)
        let end = UTCTime(secondsSince1970: start.secondsSince1970 + validityDays * 86_400)
        return """
            \(heading)
            #
            #   ringfence policy check FILE             read it, lint it, run its self-tests
            #   ringfence policy sign FILE --key KEY    and only then sign it
            #
            # Tiers, from the least exposed to the most: interp-guest < jit-guest < interp-child < jit-child, and "deny" below all.
            # What no [[permit]] names does not run. A [[forbid]] beats every permit, and matches also where a fact is unknown.

            schema  = "ringfence-policy/v1"
            kind    = "base"
            id      = "\(id)"
            version = 1  # count up with every change
            issued  = \(start)
            expires = \(end)  # from then on, on_expiry is the most that runs
            mode    = "enforce"

            [options]
            \(options)

            [signers]
            \(signers)

            \(rules)

            [[forbid]]
            id   = "no-reaching-out"
            tier = "interp-guest"  # this tier and everything more exposed
            when = { helpers_any = ["bpf_probe_write_user", "bpf_override_return", "bpf_send_signal", "bpf_send_signal_thread"] }

            \(tests)

            """
    }

    private var heading: String {
        switch profile {
        case .development: "# A policy for one person's machine."
        case .production:
            "# A policy for production: interpreted in guests, no code generated that the host could execute."
        case .jit: "# A policy for fast paths: machine code, inside of guests only."
        case .airGapped:
            "# A policy for a host that is rarely reached: valid for long, and strict about old revocations."
        }
    }

    private var options: String {
        switch profile {
        case .development:
            """
            on_expiry = "interp-guest"
            """
        case .production:
            """
            on_expiry      = "interp-guest"
            code_integrity = true  # jit-child is out, whatever a permit says
            guest_codegen  = false
            log_required   = true  # what cannot be recorded does not run
            """
        case .jit:
            """
            on_expiry       = "interp-guest"
            code_integrity  = true
            guest_codegen   = true  # code that only a guest can execute
            blind_constants = true  # and that holds no constant as its program's author chose it
            """
        case .airGapped:
            """
            on_expiry      = "interp-guest"
            code_integrity = true
            """
        }
    }

    private var signers: String {
        guard !keys.isEmpty else {
            return
                "authors = \"\(KeyID.prefix)\(String(repeating: "0", count: 64))\"  # TODO: the id of your key, as ringfence key show prints it"
        }
        let list = keys.map { "\"\($0)\"" }.joined(separator: ", ")
        return keys.count == 1 ? "authors = \(list)" : "authors = { keys = [\(list)], threshold = \(threshold) }"
    }

    /// Two people, where there are two.
    private var threshold: Int {
        switch profile {
        case .development: 1
        case .production, .jit, .airGapped: min(2, keys.count)
        }
    }

    private var rules: String {
        switch profile {
        case .development, .production:
            """
            # What the verifier proved, and the authors signed.
            [[permit]]
            id   = "signed"
            tier = "interp-guest"
            when = { signer = ["authors"], verdict = "pass" }
            """
        case .jit:
            """
            # What the verifier proved, and the authors signed.
            [[permit]]
            id   = "signed"
            tier = "interp-guest"
            when = { signer = ["authors"], verdict = "pass" }

            # Fast paths, compiled.
            [[permit]]
            id   = "fast-path"
            tier = "jit-guest"
            when = { signer = ["authors"], verdict = "pass", "verifier.options" = "strict", type = ["xdp", "sched_cls"] }
            """
        case .airGapped:
            """
            # What the verifier proved, and the authors signed, as long as the list of what is revoked is not older than this.
            [[permit]]
            id   = "signed"
            tier = "interp-guest"
            when = { signer = ["authors"], verdict = "pass", "age.revoke.max" = "30d" }
            """
        }
    }

    private var tests: String {
        let always = """
            # Self-tests: signed with the policy, and run each time it is loaded. If one fails, the file is refused.
            [[expect]]  # without an author nothing runs
            given = { type = "xdp", helpers = [], "host.kvm" = "usable" }
            then  = { outcome = "deny", code = "E_NO_PERMIT" }
            """
        let signed = """
            [[expect]]
            given = { signer = "authors", type = "xdp", helpers = [], "host.kvm" = "usable" }
            then  = { outcome = "interp-guest", code = "OK" }

            [[expect]]  # without KVM nothing runs: never something weaker instead
            given = { signer = "authors", type = "xdp", helpers = [], "host.kvm" = "absent" }
            then  = { outcome = "deny", code = "E_TIER_UNAVAILABLE" }
            """
        switch profile {
        case .development, .production: return "\(always)\n\n\(signed)"
        case .jit:
            return """
                \(always)

                [[expect]]
                given = { signer = "authors", "verifier.options" = "strict", type = "xdp", helpers = [], "host.kvm" = "usable" }
                then  = { outcome = "jit-guest", code = "OK" }

                \(signed.replacing("type = \"xdp\"", with: "type = \"kprobe\""))
                """
        case .airGapped:
            return """
                \(always)

                [[expect]]  # how old the list of revocations is, is not known here
                given = { signer = "authors", type = "xdp", helpers = [], "host.kvm" = "usable" }
                then  = { outcome = "deny", code = "E_NO_PERMIT" }
                """
        }
    }
}
