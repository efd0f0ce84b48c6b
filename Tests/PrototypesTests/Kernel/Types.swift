import Foundation

/// The BTF that maps and callbacks of the tests are declared with (Documentation/bpf/btf.rst).
enum Types {
    static let int: UInt32 = 1
    /// 64 bytes with a timer at 0; 64 bytes with a lock at 16.
    static let timerOnly: UInt32 = 4
    static let lockOnly: UInt32 = 5
    static let mainFunction: UInt32 = 8
    static let callbackFunction: UInt32 = 9

    static let descriptor: Int32 = KernelVerifier.loadTypes(bytes)

    private static let bytes: [UInt8] = {
        var names: [UInt8] = [0]
        var types: [UInt32] = []
        func name(_ text: String) -> UInt32 {
            defer { names += Array(text.utf8) + [0] }
            return UInt32(names.count)
        }
        func type(_ text: String, kind: UInt32, count: UInt32 = 0, _ size: UInt32, _ rest: [UInt32] = []) {
            types += [text.isEmpty ? 0 : name(text), kind << 24 | count, size] + rest
        }
        type("int", kind: 1, 4, [1 << 24 | 32])
        type("bpf_spin_lock", kind: 4, count: 1, 4, [name("val"), int, 0])
        type(
            "bpf_timer", kind: 4, count: 4, 16,
            (0..<4).flatMap { [name("word\($0)"), int, UInt32($0) * 32] })
        type("timed", kind: 4, count: 1, 64, [name("timer"), 3, 0])
        type("locked", kind: 4, count: 1, 64, [name("lock"), 2, 128])
        type("", kind: 2, 0)
        type("", kind: 13, count: 1, int, [name("context"), 6])
        type("probe", kind: 12, 7)
        type("callback", kind: 12, 7)
        let head: [UInt32] = [
            0x0001_EB9F, 24, 0, UInt32(types.count * 4), UInt32(types.count * 4), UInt32(names.count),
        ]
        return (head + types).flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } } + names
    }()
}

/// Names in the kernel's own BTF.
struct KernelTypes {
    static let shared = KernelTypes()
    private var ids: [String: UInt32] = [:]

    private init() {
        guard let data = FileManager.default.contents(atPath: "/sys/kernel/btf/vmlinux"), data.count > 24 else {
            return
        }
        let bytes = [UInt8](data)
        func word(_ offset: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[offset + $1]) << ($1 * 8) } }
        let start = word(4)
        let names = start + word(16)
        var (offset, id) = (start + word(8), UInt32(1))
        let end = offset + word(12)
        while offset < end {
            let (name, info) = (word(offset), word(offset + 4))
            let (kind, count) = (info >> 24 & 31, info & 0xFFFF)
            if kind == 12 || kind == 8 || kind == 14 {
                let text = bytes[(names + name)...].prefix { $0 != 0 }
                ids["\(kind) " + String(decoding: text, as: UTF8.self)] = id
            }
            offset += 12
            switch kind {
            case 1, 14, 17: offset += 4
            case 3: offset += 12
            case 4, 5, 15, 19: offset += 12 * count
            case 6, 13: offset += 8 * count
            default: break
            }
            id += 1
        }
    }

    /// 0 where there is none.
    func id(of name: String, kind: Int) -> UInt32 { ids["\(kind) \(name)"] ?? 0 }
}
