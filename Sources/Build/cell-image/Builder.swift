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

    private var tools: URL { URL(filePath: swiftc).deletingLastPathComponent() }
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
        try run(
            "ld.lld",
            [
                "-T", script, "--gc-sections", "--icf=all", "-static", "-z", "separate-code", "--fatal-warnings", "-o",
                linked,
            ]
                + objects)
        let flat = work.appending(path: "cell.bin").path
        try run("llvm-objcopy", ["-O", "binary", linked, flat])
        try write(Data(contentsOf: URL(filePath: flat)))
    }

    private func compileSwift(_ module: Module) throws -> String {
        let object = work.appending(path: "\(module.name).o").path
        let interface = work.appending(path: "\(module.name).swiftmodule").path
        try run(
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
            try run(
                "clang",
                [
                    "--target=\(Self.triple)", "-O2", "-ffreestanding", "-fno-stack-protector", "-ffunction-sections",
                    "-c",
                    source, "-o", object,
                ] + include + Self.machine)
            return object
        }
    }

    /// A string literal compiles a hundred times faster than an array literal of the same bytes.
    private func write(_ image: Data) throws {
        let digits = Array("0123456789abcdef".utf8)
        var text = Array("/// The image, as hexadecimal digits.\nlet imageHexadecimal: StaticString = \"".utf8)
        for byte in image { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        text += Array("\"\n".utf8)
        try Data(text).write(to: URL(filePath: output), options: .atomic)
    }

    private func run(_ tool: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = tools.appending(path: tool)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BuildError.toolFailed(tool, status: process.terminationStatus)
        }
    }
}
