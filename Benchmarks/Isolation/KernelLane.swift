internal import Bytecode
internal import CBenchmark
internal import Foundation
internal import Linux
internal import ProgramPackage

/// A subject in the running kernel: verified and compiled by it, and run by BPF_PROG_TEST_RUN; never attached to anything.
final class KernelLane: Lane {
    private let maps: [FileDescriptorBox]
    private let program: FileDescriptorBox
    private let packet: [UInt8]
    private let expected: UInt64
    /// Runs of which the kernel's clock gives the average: one is too short for it where a program is.
    private let runsOfOne: UInt32

    init(_ subject: Subject, expecting expected: UInt64) throws {
        let maps = try subject.maps.map(Self.create)
        program = try Self.load(subject, maps)
        self.maps = maps
        packet = subject.packet
        self.expected = expected
        runsOfOne = subject.single > 16 ? 500 : 1
    }

    var process: Int32? { nil }

    /// What the kernel charges for the program (`memlock` of its descriptor), and for its maps.
    var memory: UInt64? {
        let files = [program] + maps
        let sizes = files.compactMap { file -> UInt64? in
            let path = "/proc/self/fdinfo/\(file.descriptor.rawValue)"
            guard let text = try? String(contentsOfFile: path, encoding: .utf8),
                let line = text.split(separator: "\n").first(where: { $0.hasPrefix("memlock:") })
            else { return nil }
            return line.split(whereSeparator: \.isWhitespace).last.flatMap { UInt64($0) }
        }
        return sizes.count == files.count ? sizes.reduce(0, +) : nil
    }

    func single(_ count: Int) throws -> [Double] { try (0..<count).map { _ in try run(runsOfOne) } }
    func batched(_ count: Int) throws -> Double { try run(UInt32(count)) }

    /// Nanoseconds of one of several runs in a row, by the kernel's clock; what the call itself costs is not in it.
    private func run(_ runs: UInt32) throws -> Double {
        var result: UInt32 = 0
        var nanoseconds: UInt32 = 0
        // SAFETY: the packet's bytes are read, and both words written, during the call only.
        let status = unsafe cbenchmark_program_run(
            program.descriptor.rawValue, packet, UInt32(packet.count), runs, &result, &nanoseconds)
        _ = try checked("bpf(BPF_PROG_TEST_RUN)", Int(status))
        guard UInt64(result) == expected else {
            throw IsolationError.unexpected("the kernel's program returned \(result), and \(expected) elsewhere")
        }
        return Double(nanoseconds)
    }

    private static let notPermitted: Int32 = -1

    private static func load(_ subject: Subject, _ maps: [FileDescriptorBox]) throws -> FileDescriptorBox {
        var code = subject.code
        var index = 0
        while index < code.count {
            let isWide = code[index].opcode == 0x18
            // BPF_PSEUDO_MAP_FD and BPF_PSEUDO_MAP_VALUE name a map by its index here, by its descriptor there.
            if isWide, code[index].source == 1 || code[index].source == 2 {
                code[index].immediate = maps[Int(code[index].immediate)].descriptor.rawValue
            }
            index += isWide ? 2 : 1
        }
        let bytes = Slot.littleEndianBytes(of: code)
        var log = [CChar](repeating: 0, count: 1 << 16)
        /// `level`: 4 counts only; 1 says why, where a program was refused.
        func ask(_ level: UInt32) -> Int32 {
            // SAFETY: instructions and licence are read, and the log written in its length, during the call only.
            unsafe cbenchmark_program_load(
                6, 0, bytes, UInt32(code.count), "GPL", level, &log, UInt32(log.count))  // BPF_PROG_TYPE_XDP
        }
        let status = ask(4)
        if status >= 0 { return FileDescriptorBox(FileDescriptor(owning: status)) }
        guard status != notPermitted else { throw IsolationError.notAvailable("bpf(2) is not permitted: run as root") }
        _ = ask(1)
        let text = String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let reason = text.split(separator: "\n").last { line in
            !["processed ", "verification time ", "stack depth "].contains { line.hasPrefix($0) }
        }
        throw IsolationError.notAccepted(reason.map(String.init) ?? SystemError.text(of: -status))
    }

    private static func create(_ map: MapDefinition) throws -> FileDescriptorBox {
        let flags = map.flags | (map.isReadOnly ? 1 << 7 : 0)  // BPF_F_RDONLY_PROG
        let made = cbenchmark_map_create(
            map.type, map.keySize, map.valueSize, map.maximumEntries, flags, 0, map.extra)
        guard made != notPermitted else { throw IsolationError.notAvailable("bpf(2) is not permitted: run as root") }
        let box = FileDescriptorBox(FileDescriptor(owning: Int32(try checked("bpf(BPF_MAP_CREATE)", Int(made)))))
        guard map.isReadOnly || !map.initialValue.isEmpty else { return box }
        let bytes = map.initialValue + [UInt8](repeating: 0, count: Int(map.valueSize) - map.initialValue.count)
        // SAFETY: the bytes are as many as the map's values have, and read during the call only.
        let set = unsafe cbenchmark_map_set_first(box.descriptor.rawValue, bytes)
        _ = try checked("bpf(BPF_MAP_UPDATE_ELEM)", Int(set))
        if map.isReadOnly {
            _ = try checked("bpf(BPF_MAP_FREEZE)", Int(cbenchmark_map_freeze(box.descriptor.rawValue)))
        }
        return box
    }
}

/// A descriptor in a list: descriptors themselves cannot be copied.
final class FileDescriptorBox {
    let descriptor: FileDescriptor
    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
}
