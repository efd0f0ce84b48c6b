package import ArgumentParser
internal import CommandSupport
internal import Linux
internal import PolicyCommands

/// The `ringfence` command.
package struct Ringfence: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ringfence",
        abstract: "Run other people's eBPF behind a hypervisor, under a signed policy.",
        discussion: """
            A program compiled by clang runs unmodified inside a KVM guest that has no kernel. A signed policy says whether,
            and in which tier.

            EXAMPLES
              ringfence doctor
              ringfence key new --out dev
              ringfence policy sign policy.toml --key dev.key --out policy.dsse
              ringfence run firewall.bpf.o --pcap traffic.pcap --policy policy.dsse --trust dev.pub

            \(ExitStatus.help)
            """,
        subcommands: [
            RunCommand.self, TestRunCommand.self, LinkCommand.self, SuperviseCommand.self, ObserveCommand.self,
            TopCommand.self, EventsCommand.self, ReplayCommand.self,
            ProgramCommand.self, PinCommand.self, StatusCommand.self,
            VerifyCommand.self, InspectCommand.self, DisassembleCommand.self,
            MapCommand.self, PolicyCommand.self, LogCommand.self, KeyCommand.self, Doctor.self,
        ])

    package init() {}

    /// Runs what the arguments say and ends the process with the documented status.
    package static func runToEnd() -> Never {
        do {
            var command = try parseAsRoot()
            try command.run()
            Ringfence.exit()
        } catch let error as Failure {
            end(error)
        } catch let error as ExitCode {
            Ringfence.exit(withError: error)
        } catch {
            guard Ringfence.exitCode(for: error) != .success else { Ringfence.exit(withError: error) }
            StandardError.write(Ringfence.fullMessage(for: error) + "\n")
            Ringfence.exit(withError: ExitCode(ExitStatus.badInput.rawValue))
        }
    }

    private static func end(_ failure: Failure) -> Never {
        if CommandLine.arguments.contains("--json"), let text = try? json(failure) {
            print(text)
        } else {
            StandardError.write(failure.text(for: .standardError))
        }
        Ringfence.exit(withError: ExitCode(failure.exitStatus.rawValue))
    }
}

extension Terminal {
    static var standardError: Terminal {
        Terminal(isTerminal: StandardError.isTerminal, environment: environment())
    }
    static var standardOutput: Terminal {
        Terminal(isTerminal: standardOutputIsTerminal(), environment: environment())
    }
}
