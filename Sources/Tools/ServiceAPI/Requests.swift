/// Asks for a program to be loaded.
package struct LoadRequest: Codable, Equatable, Sendable {
    /// The object file, in Base64.
    package var object: String
    /// Which program of it; nil where it has one only.
    package var name: String?
    package var section: String?
    /// What it is a program of, where its section does not say so.
    package var type: String?
    /// nil: the best that policy allows.
    package var tier: String?
    /// Instructions that one event may cost; nil: a million.
    package var fuel: UInt64?
    /// A name to pin it under at once.
    package var pin: String?

    package init(
        object: String, name: String? = nil, section: String? = nil, type: String? = nil, tier: String? = nil,
        fuel: UInt64? = nil, pin: String? = nil
    ) {
        (self.object, self.name, self.section, self.type) = (object, name, section, type)
        (self.tier, self.fuel, self.pin) = (tier, fuel, pin)
    }
}

/// Asks for a program to be run on one event, as BPF_PROG_TEST_RUN has it.
package struct RunRequest: Codable, Equatable, Sendable {
    /// The packet, as hexadecimal digits.
    package var data: String?
    /// The event, as `ringfence run --events` has it: a JSON object, as text.
    package var context: String?
    package var `repeat`: Int?

    package init(data: String? = nil, context: String? = nil, repeat: Int? = nil) {
        (self.data, self.context, self.repeat) = (data, context, `repeat`)
    }
}

package struct RunResult: Codable, Equatable, Sendable {
    /// R0's lower half.
    package var returnValue: UInt32
    package var verdict: String
    package var nanosecondsPerRun: UInt64
    /// Why the program did not return, and the verdict is the policy's.
    package var failure: String?
    /// The packet as the program left it, as hexadecimal digits.
    package var data: String?
    package var log: [String]

    package init(
        returnValue: UInt32, verdict: String, nanosecondsPerRun: UInt64, failure: String?, data: String?, log: [String]
    ) {
        (self.returnValue, self.verdict, self.nanosecondsPerRun) = (returnValue, verdict, nanosecondsPerRun)
        (self.failure, self.data, self.log) = (failure, data, log)
    }
}

/// Puts a value into a map.
package struct ElementUpdate: Codable, Equatable, Sendable {
    /// As BPF_MAP_UPDATE_ELEM has them.
    package enum Mode: String, Codable, Sendable { case any, noexist, exist }

    /// Hexadecimal digits.
    package var value: String
    package var mode: Mode?

    package init(value: String, mode: Mode? = nil) { (self.value, self.mode) = (value, mode) }
}

package struct PinRequest: Codable, Equatable, Sendable {
    package var program: UInt32

    package init(program: UInt32) { self.program = program }
}

/// Why a request was not done.
package struct ServiceProblem: Codable, Equatable, Error, Sendable {
    /// What a program that calls can act on.
    package enum Kind: String, Codable, Sendable {
        case denied, forbidden
        case notFound = "not-found"
        case conflict
        case badInput = "bad-input"
        case limit
        case tooLarge = "too-large"
        case notReady = "not-ready"
        case internalError = "internal-error"
    }

    package var kind: Kind
    package var problem: String
    package var remedy: String?

    package init(_ kind: Kind, _ problem: String, remedy: String? = nil) {
        (self.kind, self.problem, self.remedy) = (kind, problem, remedy)
    }
}
