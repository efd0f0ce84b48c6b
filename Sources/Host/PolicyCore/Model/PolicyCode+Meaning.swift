extension PolicyCode {
    /// What the code says, in one sentence that names nobody's policy and nobody's program: for whoever asked and may know no more.
    package var meaning: String {
        switch self {
        case .ok: "it runs, in the most exposed tier that policy allows or in the one that was asked for"
        case .okSaferTier: "it runs, in a safer tier than policy would allow"
        case .auditWouldDeny: "it runs in the safest tier, and would not if the policy were enforced"
        case .noPermit: "no permit matches what is known of the program"
        case .forbidden: "a forbid takes every tier away, or cannot be told not to"
        case .verdict: "the verifier has not passed the program"
        case .tierUnavailable: "policy allows a tier, and this host cannot give it or anything safer"
        case .requestAboveCeiling: "the tier that was asked for is more exposed than policy allows"
        case .expired: "the policy has expired, and says that nothing runs then"
        case .revoked:
            "the program, a key, a statement or the verifier behind it is revoked, or cannot be told not to be"
        case .digestMismatch: "a statement is about another program than the one it came with"
        case .ticket: "the leave to start was used before, came too late, or is for something else"
        case .clock: "the clock lies before what is known of the time, or before the policy's time begins"
        case .signatureThreshold: "too few of the keys that count have signed"
        case .signatureType: "the signed file is of another kind than is wanted there"
        case .rootChain: "a root does not follow the one before it, or misses signatures of either"
        case .rollback: "the file is older than one that was in force"
        case .equivocation: "there are two texts of one version"
        case .limit: "a size or a number is over its limit"
        case .parse: "the bytes are not in the format"
        case .schema: "the text is well formed and says something that this engine does not know"
        case .expectation: "a self-test of the policy comes out otherwise than it says"
        case .state: "a file or what the host remembers is missing, damaged, or somebody else's"
        case .postureSpoofed: "a device or a file system is not the kernel's, whatever it is called"
        case .logUnavailable: "the decision cannot be recorded, and the policy wants it to be"
        case .internalError: "Ringfence contradicts itself or a library failed, so nothing runs"
        }
    }

    /// What can be done about it, and by whom; nil where nothing has to be.
    package var remedy: String? {
        switch self {
        case .ok: nil
        case .okSaferTier: "ringfence doctor says what this host lacks for more"
        case .auditWouldDeny:
            "read the log before the policy is enforced; ringfence policy explain says which rule is missing"
        case .noPermit:
            "ringfence policy explain names the permit that lacks least; whoever signs the policy can add one"
        case .forbidden: "ringfence policy explain names the forbid, and the fact if it is one that is not known"
        case .verdict: "ringfence verify OBJECT says what is not proven, and where"
        case .tierUnavailable: "ringfence doctor says what this host lacks; only the policy can allow another tier"
        case .requestAboveCeiling: "ask for no tier, or for one that the policy allows"
        case .expired: "have the policy signed anew with a later \"expires\" and a higher \"version\""
        case .revoked: "build, verify and attest it anew; whoever keeps the revocation key knows why it was withdrawn"
        case .digestMismatch: "attest the very program that is to run: ringfence policy attest"
        case .ticket: "decide again, and start what was decided, where it was decided, at once"
        case .clock: "set the clock; ringfence policy status says what the host takes the time to be"
        case .signatureThreshold: "have it signed by more of them: ringfence policy add-signature"
        case .signatureType: "put the file where its kind belongs: ringfence policy inspect says which it is"
        case .rootChain:
            "bring every root from the one in force on, each signed by enough of its own keys and of those before"
        case .rollback: "deliver the version that was in force, or a later one; a root can reset a floor by name"
        case .equivocation: "find out who signed twice; then sign a higher version"
        case .limit: "make the file smaller; the message says which limit it is"
        case .parse: "ringfence policy check FILE says line and column; ringfence policy fmt writes the one form"
        case .schema: "mend the key or value that the message names, or run an engine that knows it"
        case .expectation: "ringfence policy test FILE shows what came out; mend the rule or the self-test"
        case .state: "ringfence policy status says which file; owner, mode and machine have to be right"
        case .postureSpoofed: "find out who put it there: a permit never rests on it"
        case .logUnavailable: "make the log's directory writable and its disk not full; with --policy, say --log FILE"
        case .internalError: "report it as SECURITY.md says"
        }
    }
}
