import Foundation
import PackagePlugin

/// Builds what CellImage carries: the shim, and the image from `CellProgram` and the modules it depends on, so that `swift build` alone keeps it fresh.
///
/// The package manifest stays the only list of modules: what `CellProgram` depends on is what the image holds.
@main
struct CellImagePlugin: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
        guard let root = try context.package.targets(named: ["CellProgram"]).first else { return [] }
        let modules = root.recursiveTargetDependencies + [root]
        let script = context.package.directoryURL.appending(path: "Images/cell.ld")
        let output = context.pluginWorkDirectoryURL.appending(path: "ImageBytes.swift")
        var arguments = [
            "--script", script.path, "--output", output.path, "--swiftc", try context.tool(named: "swiftc").url.path,
        ]
        var inputs = [script]
        for module in modules.compactMap({ $0 as? any SourceModuleTarget }) {
            let sources = module.sourceFiles
                .filter { ["swift", "c", "S"].contains($0.url.pathExtension) }
                .map(\.url).sorted { $0.path < $1.path }
            arguments += ["--module", module.moduleName] + sources.map(\.path)
            if let c = module as? ClangSourceModuleTarget, let headers = c.publicHeadersDirectoryURL {
                arguments += ["--headers", headers.path]
                inputs += module.sourceFiles.filter { $0.url.pathExtension == "h" }.map(\.url)
            }
            inputs += sources
        }
        let shim = context.package.directoryURL.appending(path: "Images/shim/observation.bpf.c")
        let shimOutput = context.pluginWorkDirectoryURL.appending(path: "ShimBytes.swift")
        return [
            .buildCommand(
                displayName: "Building the shim", executable: try context.tool(named: "cell-image").url,
                arguments: [
                    "--shim", shim.path, "--output", shimOutput.path, "--swiftc",
                    try context.tool(named: "swiftc").url.path,
                ], inputFiles: [shim], outputFiles: [shimOutput]),
            .buildCommand(
                displayName: "Building the cell image", executable: try context.tool(named: "cell-image").url,
                arguments: arguments, inputFiles: inputs, outputFiles: [output]),
        ]
    }
}
