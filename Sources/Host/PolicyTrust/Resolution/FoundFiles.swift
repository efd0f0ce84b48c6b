package import PolicyCore

/// A file that was found where one may be, and what was in it, or why it was not read.
package struct FoundFile: Equatable, Sendable {
    /// As people find it again.
    package var path: String
    package var content: Content

    package enum Content: Equatable, Sendable {
        case bytes([UInt8])
        /// A link, a pipe, somebody else's file, too large a file: see the words.
        case refused(PolicyCode, String)
    }

    package init(path: String, content: Content) {
        self.path = path
        self.content = content
    }
}

/// Everything that lies in a host's directories at one moment. It is judged as a set.
package struct FoundFiles: Equatable, Sendable {
    /// By the number in their names.
    package var roots: [UInt64: FoundFile] = [:]
    package var bases: [FoundFile] = []
    package var supplementals: [FoundFile] = []
    package var tombstones: [FoundFile] = []
    package var revoke: FoundFile?
    package var host: FoundFile?
    /// Public keys that policies may name by their ids.
    package var keys: [FoundFile] = []
    /// What keeps the whole set from being read, such as a directory that others can write.
    package var refusals: [FoundFile] = []

    package init() {}
}

/// Something that an operator has to know: of a file that was not taken, or of what was taken for want of better.
package struct PolicyAlarm: Equatable, Sendable {
    /// A path, or a floor's name.
    package var subject: String
    package var problem: Problem
    package var effect: Effect

    package enum Problem: Equatable, Sendable {
        case trust(TrustError)
        case file(PolicyCode, String)
        /// A file that nobody signed away is gone.
        case deleted
        /// It waits for its time.
        case staged(from: UTCTime)
        /// Its signatures do not suffice any more.
        case unsigned
        case expired(at: UTCTime)
        case clockBehind(seconds: Int64)
        /// What was decided could not be kept, so it was not put in force.
        case notKept(String)
    }

    package enum Effect: String, Sendable {
        /// Nothing of the new files is in force.
        case oldPolicyKept = "the policy that was in force stays in force"
        case fileIgnored = "the file is ignored"
        case effectKept = "what it says stays in force"
        case forbidsKept = "what it forbids stays forbidden, and it permits nothing"
        case ceilingLowered = "nothing runs above interp-guest"
        case none = "nothing changes"
    }

    package init(_ subject: String, _ problem: Problem, _ effect: Effect) {
        self.subject = subject
        self.problem = problem
        self.effect = effect
    }

    package var code: PolicyCode {
        switch problem {
        case .trust(let error): error.code
        case .file(let code, _): code
        case .deleted, .notKept: .state
        case .staged, .clockBehind: .clock
        case .unsigned: .signatureThreshold
        case .expired: .expired
        }
    }
}

extension PolicyAlarm: CustomStringConvertible {
    package var description: String {
        let what =
            switch problem {
            case .trust(let error): "\(error)"
            case .file(let code, let text): "\(code): \(text)"
            case .deleted: "\(code): it is gone, and no tombstone says that it should be"
            case .staged(let start): "\(code): it waits until \(start)"
            case .unsigned: "\(code): the keys that signed it do not suffice any more"
            case .expired(let end): "\(code): it expired at \(end)"
            case .clockBehind(let seconds): "\(code): the clock is \(seconds) s behind what is known of the time"
            case .notKept(let text): "\(code): \(text)"
            }
        return "\(subject): \(what); \(effect.rawValue)"
    }
}

/// What a load comes to: the policy, what to remember of it, and what to tell.
package struct Resolution: Equatable, Sendable {
    package var snapshot: PolicySnapshot
    /// Before time moves in it.
    package var state: HostState
    /// The envelopes of everything that is in force, by the digests of their texts.
    package var envelopes: [ContentDigest: [UInt8]]
    package var alarms: [PolicyAlarm]
    /// Of the files that are in force since this load; nil where there is none.
    package var newestIssued: UTCTime?
    /// When a file that waits for its time is to be looked at again.
    package var nextStart: UTCTime?
}
