package import Enclosure
package import PolicyCore

/// What a new policy did to a program that was running.
package enum Transition: Equatable, Sendable {
    /// The tier that it runs in is still allowed.
    case unchanged
    /// It is not, and the policy says that it goes on and that this is recorded.
    case kept(running: Tier, allowed: Tier)
    /// It goes on elsewhere, with its maps.
    case moved(from: Tier, to: Tier)
    /// It ended.
    case detached(PolicyCode)
}

/// A program under a policy that may change while it runs. It is decided about again whenever the policy does, and never runs in a tier that
/// the policy in force does not allow, unless that policy itself says so.
package struct GovernedSandbox: ~Copyable {
    /// Nil once it is detached.
    private var sandbox: Sandbox?
    package private(set) var program: AdmittedProgram
    package let attachment: AttachPoint

    /// What it runs in; ``Tier/deny`` once it is detached.
    package private(set) var tier: Tier

    package init(_ sandbox: consuming Sandbox, attachment: AttachPoint = .file) {
        program = sandbox.permit.program
        tier = sandbox.permit.decision.outcome
        self.sandbox = consume sandbox
        self.attachment = attachment
    }

    /// What is done with the sandbox; nil where there is none any more.
    package mutating func withSandbox<Result, Problem>(
        _ body: (inout Sandbox) throws(Problem) -> Result
    ) throws(Problem) -> Result? {
        guard var taken = sandbox.take() else { return nil }
        do throws(Problem) {
            let result = try body(&taken)
            sandbox = consume taken
            return result
        } catch {
            // What could not decide an event is what it was before: only a quarantine ends it, and that is said by the error.
            sandbox = consume taken
            throw error
        }
    }

    /// Puts another sandbox in the place of this one, between two events: what is decided from here on, that one decides. The old one has nothing
    /// under way, and ends.
    package mutating func replace(with next: consuming Sandbox) {
        program = next.permit.program
        tier = next.permit.decision.outcome
        sandbox = consume next
    }

    /// Decides again, and does what comes of it.
    ///
    /// - Parameters:
    ///   - known: the same program, with what the new policy knows of who vouches for it; nil where that is the same.
    ///   - decide: the policy in force, asked for a tier, or for whatever it gives.
    ///   - snapshot: its name.
    ///   - prepare: makes what another tier runs, and names the spawner of its enclosure.
    package mutating func apply(
        _ decide: (_ requested: Tier?) -> SetDecision, of known: AdmittedProgram? = nil,
        snapshot: ContentDigest? = nil,
        prepare: (Permit) throws(SandboxError) -> (NativeProgram?, Jail)
    ) -> Transition {
        let running = tier
        guard running > .deny else { return .detached(.noPermit) }
        if let known, known.codeDigest == program.codeDigest { program = known }
        if decide(running).allows { return .unchanged }
        let next = decide(nil)
        let tightening = next.decisions.map(\.onTighten)
        if !tightening.contains(.detach), !tightening.contains(.migrate), next.isForWantOfLeave {
            return .kept(running: running, allowed: next.decision.outcome)
        }
        // A tier that is more exposed than the one that is left is no place to flee to.
        guard next.allows, next.decision.outcome < running, !tightening.contains(.detach) else {
            return detach(next.allows ? .tierUnavailable : next.decision.code)
        }
        do throws(SandboxError) {
            let permit = try Permit(next, for: program, attachment: attachment, snapshot: snapshot)
            let (native, jail) = try prepare(permit)
            let attachment = attachment
            _ = try withSandbox { (sandbox) throws(SandboxError) in
                try sandbox.move(to: permit, native: native, in: jail, attachment: attachment)
            }
            tier = permit.decision.outcome
            return .moved(from: running, to: tier)
        } catch {
            return detach(.tierUnavailable)
        }
    }

    private mutating func detach(_ code: PolicyCode) -> Transition {
        sandbox = nil
        tier = .deny
        return .detached(code)
    }
}

extension SetDecision {
    /// It is a rule or the time that is against the program, and nothing that is broken: only then may a policy let it go on.
    fileprivate var isForWantOfLeave: Bool {
        decisions.allSatisfy { decision in
            switch decision.code {
            case .ok, .okSaferTier, .auditWouldDeny, .noPermit, .forbidden, .expired, .requestAboveCeiling: true
            case .verdict, .tierUnavailable, .revoked, .digestMismatch, .ticket, .clock, .signatureThreshold,
                .signatureType, .rootChain, .rollback, .equivocation, .limit, .parse, .schema, .expectation, .state,
                .postureSpoofed, .logUnavailable, .internalError:
                false
            }
        }
    }
}
