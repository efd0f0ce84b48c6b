/// What a command says to the shell that ran it. The numbers are part of the interface.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case success = 0
    /// Policy was read and trusted, and it says no.
    case denied = 1
    /// An argument, an object, a capture or a policy's text is wrong.
    case badInput = 2
    /// A signature, a key or a digest is not what it should be.
    case trustFailure = 3
    /// This host lacks what is needed, or Ringfence itself is wrong.
    case internalError = 4

    /// A line for `--help`.
    package var meaning: String {
        switch self {
        case .success: "done"
        case .denied: "policy says no"
        case .badInput: "an argument or a file is wrong"
        case .trustFailure: "a signature, key or digest does not hold"
        case .internalError: "this host lacks something, or Ringfence is at fault"
        }
    }

    /// How `--json` names it.
    package var name: String {
        switch self {
        case .success: "success"
        case .denied: "denied"
        case .badInput: "bad-input"
        case .trustFailure: "trust-failure"
        case .internalError: "internal-error"
        }
    }

    /// For the end of every command's `--help`.
    package static var help: String {
        "EXIT STATUS\n" + allCases.map { "  \($0.rawValue)  \($0.meaning)\n" }.joined()
    }
}
