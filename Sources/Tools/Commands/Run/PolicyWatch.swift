internal import CommandSupport
internal import Linux
internal import PolicyCore
internal import PolicyStore
internal import PolicyTrust
internal import Sandbox

/// The host's policies, looked at again and again while a program runs by them. Where they changed, it is decided about anew.
///
/// The process is locked down and cannot write what the host remembers: whoever installs a policy does. Files that nobody installed are judged
/// all the same, but what was in force before stays in force.
struct PolicyWatch {
    private let store: PolicyStore
    private let recorder: DecisionRecorder
    private let broker: Broker
    private let attestations: [[UInt8]]
    private let options: SandboxOptions
    private var active: PolicySnapshot
    /// Which policies were asked last.
    private var decided: ContentDigest
    /// The policies let the program go on in a tier that they do not allow.
    private var isSettled = false
    private var lastLook = monotonicNanoseconds()
    /// What was said last, so that it is said once.
    private var complaint = ""

    private static let interval: UInt64 = 500_000_000

    /// - Parameters:
    ///   - attestations: the statements that came with the program: whom a new policy believes is asked anew.
    ///   - options: of the sandbox.
    init(
        _ store: PolicyStore, _ recorder: DecisionRecorder, _ broker: Broker, attestations: [[UInt8]],
        options: SandboxOptions, snapshot: PolicySnapshot
    ) {
        (self.store, self.recorder, self.broker) = (store, recorder, broker)
        (self.attestations, self.options) = (attestations, options)
        (active, decided) = (snapshot, snapshot.sha256)
    }

    /// The policies that were in force when it was looked last.
    var snapshot: PolicySnapshot { active }

    /// Looks, if it is time to.
    ///
    /// - Returns: whether something changed, and ``settle(_:)`` is to be called.
    mutating func isDue(_ now: UInt64, _ governed: borrowing GovernedSandbox) -> Bool {
        guard now - lastLook >= Self.interval else { return false }
        lastLook = now
        do throws(StoreError) {
            if let changed = try store.reloadIfChanged() {
                for alarm in changed.alarms { complain("\(alarm)") }
            }
            // Another program of the same link may have been the first to find it.
            if let current = store.active { active = current.snapshot }
        } catch { complain("\(error)") }
        // Time alone ends policies too.
        let isNew = active.sha256 != decided
        return isNew || !isSettled && !recorder.allows(active, governed, broker)
    }

    /// Decides anew, and does what comes of it. Where the program runs in several sandboxes, once for each.
    mutating func settle(_ governed: inout GovernedSandbox) -> Transition {
        decided = active.sha256
        var known = governed.program
        known.attest(attestations, known: active)
        let (recorder, broker, options, attachment) = (recorder, broker, options, governed.attachment)
        let (program, snapshot) = (known, active)
        let transition = governed.apply(
            { recorder.decide(snapshot, program, attachment: attachment, requested: [$0], broker)[0] },
            of: known, snapshot: snapshot.sha256
        ) { (permit) throws(SandboxError) in
            let native = try ObjectLoader.compile(permit, options: options, in: broker.jail)
            do throws(Failure) { return (native, try broker.jail(for: permit.decision.outcome)) } catch {
                throw .denied(permit.decision)
            }
        }
        if case .kept = transition { isSettled = true } else { isSettled = false }
        return transition
    }

    private mutating func complain(_ text: String) {
        guard text != complaint else { return }
        complaint = text
        StandardError.write("warning: \(Printable.text(text, limit: 400))\n")
    }
}

extension Transition {
    /// For people.
    var sentence: String {
        switch self {
        case .unchanged: "the policy changed, and still allows this"
        case .kept(let running, let allowed):
            "the policy changed and allows \(allowed) at most; it lets this go on in \(running)"
        case .moved(let from, let to): "the policy changed: moved from \(from) to \(to), with its maps"
        case .detached(let code): "the policy changed and no longer allows this: \(code)"
        }
    }
}
