import Foundation

struct Module { var name: String; var sources: [String] = []; var headers: String? }
var modules: [Module] = [], script = "", output = "", swiftc = ""
var arguments = CommandLine.arguments.dropFirst()
while let flag = arguments.popFirst() {
    switch flag {
    case "--script": script = arguments.popFirst() ?? ""
    case "--output": output = arguments.popFirst() ?? ""
    case "--swiftc": swiftc = arguments.popFirst() ?? ""
    case "--module": modules.append(Module(name: arguments.popFirst() ?? ""))
    case "--headers": modules[modules.count - 1].headers = arguments.popFirst()
    default: modules[modules.count - 1].sources.append(flag)
    }
}
let bin = URL(filePath: swiftc).deletingLastPathComponent(), work = URL(filePath: output).deletingLastPathComponent().appending(path: "image")
try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true)
func run(_ tool: String, _ arguments: [String]) throws {
    let process = Process()
    process.executableURL = bin.appending(path: tool)
    process.arguments = arguments
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { exit(process.terminationStatus) }
}
let machine = ["-mno-red-zone", "-mno-sse", "-mno-mmx", "-msoft-float"]
var objects: [String] = []
for module in modules {
    if module.sources.contains(where: { $0.hasSuffix(".swift") }) {
        let object = work.appending(path: "\(module.name).o").path
        try run("swiftc", ["-target", "x86_64-unknown-none-elf", "-enable-experimental-feature", "Embedded", "-wmo", "-O", "-parse-as-library", "-swift-version", "6", "-package-name", "ringfence",
            "-Xfrontend", "-function-sections", "-Xfrontend", "-disable-stack-protector"] + machine.flatMap { ["-Xcc", $0] }
            + modules.compactMap(\.headers).flatMap { ["-I", $0] }
            + ["-module-name", module.name, "-I", work.path, "-emit-module", "-emit-module-path", work.appending(path: "\(module.name).swiftmodule").path, "-c", "-o", object] + module.sources)
        objects.append(object)
    } else {
        for source in module.sources {
            let object = work.appending(path: URL(filePath: source).lastPathComponent + ".o").path
            try run("clang", ["--target=x86_64-unknown-none-elf", "-O2", "-ffreestanding", "-fno-stack-protector", "-ffunction-sections", "-c", source, "-o", object] + machine)
            objects.append(object)
        }
    }
}
let image = work.appending(path: "cell.elf")
try run("ld.lld", ["-T", script, "--gc-sections", "-static", "-z", "separate-code", "--fatal-warnings", "-o", image.path] + objects)
let bytes = try Data(contentsOf: image)
let hex = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
try "/// The cell image, as hexadecimal (a string literal compiles 100 times faster than an array literal).\nlet cellImageHexadecimal: StaticString = \"\(hex)\"\n".write(toFile: output, atomically: true, encoding: .utf8)
