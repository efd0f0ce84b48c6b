internal import ArgumentParser
internal import CommandSupport
internal import PolicyCore

/// `ringfence policy fmt`: one form for all texts.
struct PolicyFormatCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fmt",
        abstract: "Write a policy text in its one form: same keys, values and comments, other spaces.",
        discussion: """
            Examples:
              ringfence policy fmt Policies/example.toml
              ringfence policy fmt --check Policies/example.toml
              ringfence policy fmt --json Policies/example.toml

            Comments stay where they are. The text that comes out is read again, and says the same or is not written.
            """)

    @Argument(help: "The policy text.")
    var file: String

    @Flag(
        name: .customLong("in-place"),
        help: "Put the form in the file's place. A signed policy has to be signed again then.")
    var isInPlace = false

    @Flag(name: .customLong("check"), help: "Write nothing; exit status 1 where the file has another form.")
    var isCheck = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard !(isInPlace && isCheck) else { throw ValidationError("give --in-place or --check, not both") }
    }

    func run() throws {
        let bytes = try PolicyFiles.text(file)
        let formatted: [UInt8]
        do throws(PolicyTextError) { formatted = try CanonicalText.of(bytes) } catch {
            throw Failure(file: file, error)
        }
        let isChanged = formatted != bytes
        if isInPlace, isChanged { try Files.replace(file, with: formatted) }
        if json {
            Output.write(
                try CommandSupport.json(
                    Report(isChanged: isChanged, text: String(decoding: formatted, as: UTF8.self))))
        } else if isCheck {
            if isChanged { Output.write("\(Printable.text(file, limit: 400)): has another form") }
        } else if !isInPlace {
            Output.write(String(decoding: formatted, as: UTF8.self), terminator: "")
        }
        if isCheck, isChanged { throw ExitCode(ExitStatus.denied.rawValue) }
    }

    private struct Report: Encodable {
        var isChanged: Bool
        var text: String
    }
}
