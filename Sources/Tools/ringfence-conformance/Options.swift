internal import Bytecode

/// What the runner asked for.
struct Options {
    enum Engine {
        case interpreterInGuest, nativeInGuest, interpreterInChild, nativeInChild, hostInterpreter
    }

    static let usage = """
        ringfence-conformance: run one BPF program, print R0

        usage: ringfence-conformance [MEMORY] [--program HEX] [--elf] [--tier TIER | --engine host-interpreter]

          MEMORY                    bytes as hex text, separated by spaces; may be empty. R1 = its address or 0, R2 = its length
          --program HEX             the program as hex text; otherwise it is read from standard input
          --elf                     the program is an ELF object; its first program runs
          --tier interp-guest       in a KVM guest (the default where /dev/kvm is usable)
          --tier jit-guest          compiled, in a KVM guest; no access is checked
          --tier interp-child       in a child process, as ringfence runs them; ringfence-child must lie beside this tool
          --tier jit-child          compiled, in such a process
          --engine host-interpreter in this process, without a guest

        Helper 5 returns its first argument; there is no other. A program may execute 10,000,000 instructions.

          ringfence-conformance --program "b7 00 00 00 2a 00 00 00 95 00 00 00 00 00 00 00"
          bpf_conformance_runner --test_file_directory tests --plugin_path $PWD/ringfence-conformance --cpu_version v4

        exit status: 0 the program returned; 1 it was refused or faulted, and standard error says why
        """

    var memory: [UInt8] = []
    var program: [UInt8]?
    var isELF = false
    var engine: Engine?
    var wantsHelp = false

    init(_ arguments: [String]) throws(OptionError) {
        var rest = arguments[...]
        if let first = rest.first, !first.hasPrefix("--") {
            memory = try bytes(fromHex: first)
            rest = rest.dropFirst()
        }
        while let argument = rest.popFirst() {
            switch argument {
            case "--help": wantsHelp = true
            case "--elf": isELF = true
            case "--program":
                guard let text = rest.popFirst() else { throw OptionError.missingValue(argument) }
                program = try bytes(fromHex: text)
            case "--tier":
                guard let tier = rest.popFirst() else { throw OptionError.missingValue(argument) }
                switch tier {
                case "interp-guest": engine = .interpreterInGuest
                case "jit-guest": engine = .nativeInGuest
                case "interp-child": engine = .interpreterInChild
                case "jit-child": engine = .nativeInChild
                default: throw OptionError.unknownValue(argument, tier)
                }
            case "--engine":
                guard let name = rest.popFirst() else { throw OptionError.missingValue(argument) }
                guard name == "host-interpreter" else { throw OptionError.unknownValue(argument, name) }
                engine = .hostInterpreter
            default: throw OptionError.unknown(argument)
            }
        }
    }
}

enum OptionError: Error, CustomStringConvertible {
    case unknown(String)
    case missingValue(String)
    case unknownValue(String, String)
    case notHex(String)
    case tooMuchMemory(bytes: Int, limit: UInt64)
    case noProgram

    var description: String {
        switch self {
        case .unknown(let option): "unknown option \(option); see --help"
        case .missingValue(let option): "\(option) needs a value; see --help"
        case .unknownValue(let option, let value): "\(option) does not know '\(value)'; see --help"
        case .notHex(let token): "'\(token)' is not a byte in hex"
        case .tooMuchMemory(let bytes, let limit): "\(bytes) bytes of memory, the limit is \(limit)"
        case .noProgram: "the object holds no program"
        }
    }
}

/// Bytes from hex text: two digits each, any white space between them.
func bytes(fromHex text: String) throws(OptionError) -> [UInt8] {
    var bytes: [UInt8] = []
    for token in text.split(whereSeparator: \.isWhitespace) {
        guard token.utf8.count == 2, let byte = UInt8(token, radix: 16) else { throw .notHex(String(token)) }
        bytes.append(byte)
    }
    return bytes
}
