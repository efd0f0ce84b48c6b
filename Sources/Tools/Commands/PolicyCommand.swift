package import ArgumentParser
internal import PolicyCommands

/// `ringfence policy`: write, check, sign, verify and question policies.
package struct PolicyCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Write, check, compare, sign, verify and explain the policy that decides where a program may run.",
        discussion: """
            A policy is a text that people read and keys sign. Nothing runs without one.

            EXAMPLES
              ringfence policy new --profile production --out site.toml
              ringfence policy check site.toml
              ringfence policy diff old.toml site.toml
              ringfence policy sign site.toml --key dev.key --against old.toml --out site.dsse
              ringfence policy explain filter.o --policy site.dsse --trust dev.pub

            Exit status: 0 ok, 1 the policy says no, 2 bad input, 3 trust failure, 4 internal.
            """,
        subcommands: PolicyVerbs.all + [PolicyExplainCommand.self, PolicyAttestCommand.self])

    package init() {}
}
