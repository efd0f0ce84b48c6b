import Foundation
import TestSupport

/// Objects made from the example programs.
enum Programs {
    /// As `make examples` compiles them.
    static func example(_ name: String) throws -> [UInt8] {
        let file = Tool.repository.appendingPathComponent("Images/programs/\(name).bpf.c")
        return try BPFCompiler.object(
            String(decoding: Data(contentsOf: file), as: UTF8.self),
            flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
    }
}
