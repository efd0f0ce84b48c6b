import Foundation

/// What went wrong while the image was built.
enum BuildError: Error, CustomStringConvertible {
    case usage(String)
    case toolFailed(String, status: Int32)

    var description: String {
        switch self {
        case .usage(let problem): "\(problem); see the head of main.swift"
        case .toolFailed(let tool, let status): "\(tool) ended with status \(status)"
        }
    }
}

/// One module of the image, in the order in which the manifest lists them.
struct Module {
    var name: String
    var sources: [String] = []
    var headers: String?
}

struct Builder {
    var modules: [Module] = []
    var script = ""
    var output = ""
    var swiftc = ""

    init(arguments: [String]) throws {
        var rest = arguments[...]
        func value(of flag: String) throws -> String {
            guard let value = rest.popFirst() else { throw BuildError.usage("\(flag) needs a value") }
            return value
        }
        while let argument = rest.popFirst() {
            switch argument {
            case "--script": script = try value(of: argument)
            case "--output": output = try value(of: argument)
            case "--swiftc": swiftc = try value(of: argument)
            case "--module": modules.append(Module(name: try value(of: argument)))
            case "--headers":
                guard !modules.isEmpty else { throw BuildError.usage("--headers before any --module") }
                modules[modules.count - 1].headers = try value(of: argument)
            default:
                guard !modules.isEmpty else { throw BuildError.usage("\(argument) before any --module") }
                modules[modules.count - 1].sources.append(argument)
            }
        }
        guard !script.isEmpty, !output.isEmpty, !swiftc.isEmpty else {
            throw BuildError.usage("--script, --output and --swiftc are needed")
        }
    }

    private var tools: Toolchain { Toolchain(swiftc: swiftc) }
    private var work: URL { URL(filePath: output).deletingLastPathComponent().appending(path: "image") }

    /// No vector register and no red zone: there is no state of either to start, leak or restore. The stack protector's
    /// canary would need thread-local storage, which a cell has not; the machine's own limits stand in for it.
    /// No frame pointer: the interpreter's handlers would each save and restore it for nobody.
    private static let machine = ["-mno-red-zone", "-mno-sse", "-mno-mmx", "-msoft-float", "-fomit-frame-pointer"]
    private static let triple = "x86_64-unknown-none-elf"

    func build() throws {
        try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
        var objects: [String] = []
        for module in modules {
            objects +=
                module.sources.contains { $0.hasSuffix(".swift") } ? [try compileSwift(module)] : try compileC(module)
        }
        let linked = work.appending(path: "cell.elf").path
        try tools.run(
            "ld.lld",
            [
                "-T", script, "--gc-sections", "--icf=all", "-static", "-z", "separate-code", "--fatal-warnings", "-o",
                linked,
            ]
                + objects)
        let flat = work.appending(path: "cell.bin").path
        try tools.run("llvm-objcopy", ["-O", "binary", linked, flat])
        try GeneratedSource(name: "imageHexadecimal", meaning: "The image, as hexadecimal digits.")
            .write(Data(contentsOf: URL(filePath: flat)), to: output)
    }

    private func compileSwift(_ module: Module) throws -> String {
        let object = work.appending(path: "\(module.name).o").path
        let interface = work.appending(path: "\(module.name).swiftmodule").path
        try tools.run(
            "swiftc",
            [
                "-target", Self.triple, "-enable-experimental-feature", "Embedded", "-wmo", "-O", "-parse-as-library",
                "-swift-version", "6", "-package-name", "ringfence", "-module-name", module.name,
                "-enable-upcoming-feature", "InternalImportsByDefault", "-enable-upcoming-feature",
                "MemberImportVisibility",
                "-Xfrontend", "-function-sections", "-Xfrontend", "-disable-stack-protector",
            ] + Self.machine.flatMap { ["-Xcc", $0] } + modules.compactMap(\.headers).flatMap { ["-I", $0] }
                + ["-I", work.path, "-emit-module", "-emit-module-path", interface, "-c", "-o", object] + module.sources
        )
        return object
    }

    private func compileC(_ module: Module) throws -> [String] {
        try module.sources.map { source in
            let object = work.appending(path: "\(module.name)-\(URL(filePath: source).lastPathComponent).o").path
            let include = module.headers.map { ["-I", $0] } ?? []
            try tools.run(
                "clang",
                [
                    "--target=\(Self.triple)", "-O2", "-ffreestanding", "-fno-stack-protector", "-ffunction-sections",
                    "-c",
                    source, "-o", object,
                ] + include + Self.machine)
            return object
        }
    }
}
