import CellImage
import Foundation
import TestSupport
import Testing

/// The image, built again from its sources, and taken apart.
@Suite("The image as it is built", .serialized)
struct ImageBuildTests {
    private static let root = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardized

    /// The modules of the image in the order in which they are compiled; the build's own digest must come out.
    private static let modules = [
        "Shared/Bytecode", "Shared/CChannel", "Shared/Channel", "Shared/Maps", "Shared/CExecution", "Shared/Execution",
        "Cell/CCellStart", "Cell/CellProgram",
    ]

    /// The folder of the image that is built where its sources lie, beside the tests' own executable; once.
    private static let built = Result { () throws -> (folder: URL, image: String) in
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let folder = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("image-tests")
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return (folder, try build(from: root, into: folder))
    }

    /// Builds the image from the sources under `root` into `folder`; returns its bytes as the builder writes them.
    private static func build(from root: URL, into folder: URL) throws -> String {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let builder = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("cell-image")
        let output = folder.appendingPathComponent("ImageBytes.swift")
        var arguments = [
            "--script", root.appendingPathComponent("Images/cell.ld").path, "--output", output.path, "--swiftc",
            try ToolchainFolder.tool("swiftc").path,
        ]
        for module in modules {
            let folder = root.appendingPathComponent("Sources/\(module)")
            let sources = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
                .filter { ["swift", "c", "S"].contains($0.pathExtension) }.map(\.path).sorted()
            arguments += ["--module", folder.lastPathComponent] + sources
            let headers = folder.appendingPathComponent("include").path
            if FileManager.default.fileExists(atPath: headers) { arguments += ["--headers", headers] }
        }
        try ToolchainFolder.run(builder, arguments)
        let text = try String(contentsOf: output, encoding: .utf8)
        return String(text.split(separator: "\"")[1])
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    @Test("two builds in different places, one of copied sources, give the image that this build carries")
    func reproducible() throws {
        try withTemporaryFolder { folder in
            let (second, copy) = (folder.appendingPathComponent("b/c/d"), folder.appendingPathComponent("copy"))
            for place in [second, copy.appendingPathComponent("Sources")] {
                try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            }
            for part in ["Images", "Sources/Shared", "Sources/Cell"] {
                try FileManager.default.copyItem(
                    at: Self.root.appendingPathComponent(part), to: copy.appendingPathComponent(part))
            }
            let expected = Self.hexadecimal(CellImage.bytes)
            #expect(try Self.built.get().image == expected)
            #expect(try Self.build(from: copy, into: second) == expected)
        }
    }

    @Test("nothing in it is undefined, writable, or an instruction that touches vector registers or a kernel's state")
    func contents() throws {
        let linked = try Self.built.get().folder.appendingPathComponent("image/cell.elf").path
        let undefined = try ToolchainFolder.run(ToolchainFolder.tool("llvm-nm"), ["--undefined-only", linked])
        #expect(undefined.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty, "\(undefined)")

        let objdump = try ToolchainFolder.tool("llvm-objdump")
        // Name, size and kind of what is loaded; a writable section would be `.data` or `.bss`.
        var sections: [String] = []
        for line in try ToolchainFolder.run(objdump, ["--section-headers", linked]).split(separator: "\n") {
            let columns = line.split(separator: " ").map(String.init)
            guard columns.count >= 5, ["TEXT", "DATA", "BSS"].contains(columns[4]) else { continue }
            if Int(columns[2], radix: 16) != 0 { sections.append(columns[1]) }
        }
        #expect(sections == [".header", ".rodata", ".text"])

        let listing = try ToolchainFolder.run(objdump, ["-d", "--no-show-raw-insn", "--no-leading-addr", linked])
        let instructions = listing.split(separator: "\n").filter { $0.first == "\t" || $0.first == " " }
            .map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(instructions.count > 1000)
        for line in instructions { #expect(Self.isHarmless(line), "\(line)") }
        // What the linker fills gaps with is the trap of one byte.
        #expect(instructions.contains("ud2"))
    }

    /// The rules of `contents`, on one line of a listing.
    private static func isHarmless(_ line: String) -> Bool {
        let words = line.split { " \t,".contains($0) }.map(String.init)
        guard var mnemonic = words.first else { return true }
        if ["lock", "rep", "repne", "repe", "notrack"].contains(mnemonic), words.count > 1 { mnemonic = words[1] }
        if line.contains("<unknown>") || mnemonic == "(bad)" { return false }
        let forbidden: Set<String> = [
            "hlt", "cli", "sti", "syscall", "sysret", "sysretq", "sysenter", "sysexit", "int", "into", "iretq", "iretl",
            "lgdt", "lgdtq", "lidt", "lidtq", "lldt", "lldtw", "ltr", "ltrw", "lmsw", "clts", "invd", "wbinvd",
            "invlpg", "rdmsr", "wrmsr", "rdpmc",
            "rdtsc", "rdtscp", "cpuid", "xgetbv", "xsetbv", "swapgs", "vmcall", "vmmcall", "rdrand", "rdseed",
            "wrfsbase",
            "wrgsbase", "sgdt", "sgdtq", "sidt", "sidtq", "smsw", "str", "sldt", "monitor", "mwait", "xsave", "xrstor",
            "fxsave", "fxrstor",
            "emms", "wrpkru", "rdpkru", "clflush",
        ]
        if forbidden.contains(mnemonic) { return false }
        // in, ins, out, outs with a suffix; every x87 instruction begins with f, every AVX instruction with v.
        if mnemonic.hasPrefix("f") || mnemonic.hasPrefix("v")
            || [
                "in", "inb", "inw", "inl", "insb", "insl", "insw", "out", "outb", "outw", "outl", "outsb", "outsl",
                "outsw",
            ].contains(mnemonic)
        {
            return false
        }
        // Registers: vector and x87, control and debug, and segments, which string instructions name without touching them.
        let names = line.replacing("%es:(", with: "(").replacing("%cs:(", with: "(").split {
            !($0.isLetter || $0.isNumber || $0 == "%")
        }
        let families = ["%xmm", "%ymm", "%zmm", "%mm", "%st", "%cr", "%db", "%dr", "%k", "%bnd", "%tmm"]
        let segments = ["%fs", "%gs", "%ds", "%es", "%ss", "%cs"]
        return !names.contains { name in
            segments.contains(String(name)) || families.contains { name.hasPrefix($0) }
        }
    }

    @Test(
        "the rules find what they are there for",
        arguments: [
            "movaps\t%xmm0, %xmm1", "hlt", "rep\toutsb\t(%rsi), %dx", "outb\t%al, $0x80", "movq\t%cr3, %rax", "syscall",
            "int\t$0x80",
            "fldpi", "movq\t%fs:0x28, %rax", "vzeroall", "<unknown>", "wrmsr", "movw\t%ax, %es", "movq\t%mm1, %rax",
            "kmovd\t%k1, %eax",
        ])
    func rules(line: String) {
        #expect(!Self.isHarmless(line))
        #expect(
            Self.isHarmless("movq\t%rax, %rcx") && Self.isHarmless("ud2")
                && Self.isHarmless("rep\t\tstosb\t%al, %es:(%rdi)"))
        #expect(Self.isHarmless("xorl\t%esi, %esi") && Self.isHarmless("int3"))
    }
}
