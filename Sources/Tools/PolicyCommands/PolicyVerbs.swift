package import ArgumentParser

/// The verbs of `ringfence policy` that need no program and no cell.
package enum PolicyVerbs {
    package static let all: [any ParsableCommand.Type] = [
        PolicyNewCommand.self, PolicyLintCommand.self, PolicyFormatCommand.self, PolicyTestCommand.self,
        PolicyCheckCommand.self, PolicySimulateCommand.self, PolicyDiffCommand.self, PolicySignCommand.self,
        PolicyAddSignatureCommand.self, PolicyVerifyCommand.self, PolicyInspectCommand.self,
        PolicyReplayCommand.self, PolicyInitCommand.self, PolicyInstallCommand.self, PolicyStatusCommand.self,
        PolicyRecoverCommand.self,
    ]
}
