import Foundation

/// Compiles what runs in the kernel while a host is observed.
struct ShimBuilder {
    private let source: String
    private let output: String
    private let tools: Toolchain

    /// - Parameter arguments: `--shim SOURCE --output FILE --swiftc PATH`, in this order.
    init(arguments: [String]) throws {
        guard arguments.count == 6, arguments[0] == "--shim", arguments[2] == "--output", arguments[4] == "--swiftc"
        else {
            throw BuildError.usage("--shim SOURCE --output FILE --swiftc PATH are needed, in this order")
        }
        source = arguments[1]
        output = arguments[3]
        tools = Toolchain(swiftc: arguments[5])
    }

    func build() throws {
        let object = URL(filePath: output).deletingLastPathComponent().appending(path: "shim.o").path
        let folder = URL(filePath: source).deletingLastPathComponent().path
        try tools.run(
            "clang",
            [
                // The kernel wants the types of the maps (-g); libbpf's headers and Debian's folder of the machine's own.
                "-target", "bpf", "-O2", "-g", "-Wall", "-Werror", "-ffile-prefix-map=\(folder)=.",
                "-I/usr/include/x86_64-linux-gnu", "-c", source, "-o", object,
            ])
        try tools.run("llvm-objcopy", ["--strip-debug", object])
        try GeneratedSource(name: "shimHexadecimal", meaning: "The shim's object file, as hexadecimal digits.")
            .write(Data(contentsOf: URL(filePath: object)), to: output)
    }
}
