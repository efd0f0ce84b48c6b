import Bytecode
import ProgramPackage
import TestSupport
import Testing

@testable import ObjectFile

/// What objects expect from where they run: settings of a kernel, and what a kernel has.
@Suite("Externs")
struct ExternTests {
    private static let head = """
        #define __weak __attribute__((weak))
        #define __kconfig __attribute__((section(".kconfig")))
        #define __ksym __attribute__((section(".ksyms")))
        #define bpf_ksym_exists(symbol) (!!symbol)
        enum libbpf_tristate { TRI_NO = 0, TRI_MODULE = 1, TRI_YES = 2 };
        enum other { A };
        struct odd { int a; };

        """

    private static func read(_ source: String, config: String? = nil) throws -> ObjectPackage {
        try ObjectReader.read(
            CSource.compiled(head + source), in: ObjectEnvironment(kernelConfig: config.map { Array($0.utf8) }))
    }

    /// The bytes of the setting that one program reads.
    private static func value(of declaration: String, _ config: String?) throws -> [UInt8]? {
        let package = try read(
            "extern \(declaration) __kconfig;\nSEC(\"xdp\") int p(void *c) { return *(volatile unsigned char *)&CONFIG_X; }",
            config: config)
        guard let map = package.maps.first else { return nil }
        #expect(map.name == ".kconfig" && map.isReadOnly && map.flags == 0x80 && map.type == 2)
        return map.initialValue
    }

    @Test(
        "settings become what their type makes of them",
        arguments: [
            ("_Bool X", "CONFIG_X=y", [1]), ("_Bool X", "CONFIG_X=n", [0]), ("_Bool X", "CONFIG_X=1", [1]),
            ("enum libbpf_tristate X", "CONFIG_X=y", [2, 0, 0, 0]),
            ("enum libbpf_tristate X", "CONFIG_X=m", [1, 0, 0, 0]),
            ("enum libbpf_tristate X", "CONFIG_X=n", [0, 0, 0, 0]),
            ("char X", "CONFIG_X=m", [0x6D]), ("char X", "CONFIG_X=-1", [0xFF]),
            ("unsigned char X", "CONFIG_X=255", [255]),
            ("int X", "# a comment\n\nCONFIG_X=250\n", [250, 0, 0, 0]),
            ("int X", "CONFIG_X=-2", [0xFE, 0xFF, 0xFF, 0xFF]),
            ("unsigned short X", "CONFIG_X=0xFFFE", [0xFE, 0xFF]), ("int X", "CONFIG_X=010", [8, 0, 0, 0]),
            ("unsigned long X", "CONFIG_X=0xffffffffffffffff", [255, 255, 255, 255, 255, 255, 255, 255]),
            ("long X", "CONFIG_X=-9223372036854775808", [0, 0, 0, 0, 0, 0, 0, 0x80]),
            ("char X[6]", "CONFIG_X=\"abc\"", [0x61, 0x62, 0x63, 0, 0, 0]),
            ("char X[3]", "CONFIG_X=\"abc\"", [0x61, 0x62, 0]), ("char X[2]", "CONFIG_X=\"\"", [0, 0]),
            ("int X", "CONFIG_OTHER=\"a=b\"\nCONFIG_X=7\nCONFIG_XY=8", [7, 0, 0, 0]),
        ] as [(String, String, [UInt8])])
    func values(declaration: String, config: String, bytes: [UInt8]) throws {
        let named = declaration.replacing("X", with: "CONFIG_X")
        #expect(try Self.value(of: named, config) == bytes)
    }

    @Test(
        "what a setting's type does not hold is refused by name",
        arguments: [
            ("_Bool X", "CONFIG_X=m", .mismatch("a module, and is a bool")), ("_Bool X", "CONFIG_X=2", .doesNotFit(2)),
            ("int X", "CONFIG_X=y", .mismatch("y, m or n, which takes a bool, a char or an enum libbpf_tristate")),
            ("int X", "CONFIG_X=\"4\"", .mismatch("a text, which takes an array of char")),
            ("char X[4]", "CONFIG_X=4", .mismatch("a number, which takes an integer, a char or a bool")),
            ("enum libbpf_tristate X", "CONFIG_X=2", .mismatch("a number, which takes an integer, a char or a bool")),
            ("short X", "CONFIG_X=32768", .doesNotFit(32768)), ("unsigned short X", "CONFIG_X=-1", .doesNotFit(.max)),
            ("unsigned char X", "CONFIG_X=256", .doesNotFit(256)), ("enum other X", "CONFIG_X=y", .type),
            ("struct odd X", "CONFIG_X=y", .type), ("int X[2]", "CONFIG_X=y", .type), ("void *X", "CONFIG_X=1", .type),
        ] as [(String, String, SettingProblem)])
    func mismatches(declaration: String, config: String, problem: SettingProblem) throws {
        #expect(throws: ObjectError.setting(name: "CONFIG_X", problem)) {
            try Self.value(of: declaration.replacing("X", with: "CONFIG_X"), config)
        }
    }

    @Test(
        "lines that say nothing, or two things, are refused by number",
        arguments: [
            ("CONFIG_A=y\nCONFIG_X", 2, .noValue), ("X=1", 1, .name), ("CONFIG_X =1", 1, .name),
            ("CONFIG_X=", 1, .value("CONFIG_X")), ("CONFIG_X=yes", 1, .value("CONFIG_X")),
            ("CONFIG_X=0x", 1, .value("CONFIG_X")), ("CONFIG_X=18446744073709551616", 1, .value("CONFIG_X")),
            ("CONFIG_X=\"abc", 1, .value("CONFIG_X")), ("CONFIG_X=\"", 1, .value("CONFIG_X")),
            ("CONFIG_X=1\nCONFIG_X=1", 2, .twice("CONFIG_X")), ("CONFIG_B=+1", 1, .value("CONFIG_B")),
            ("#\n" + String(repeating: "A", count: 4097), 2, .tooLong(bytes: 4097, limit: 4096)),
        ] as [(String, Int, SettingsProblem)])
    func lines(config: String, line: Int, problem: SettingsProblem) throws {
        #expect(throws: ObjectError.settingsLine(line: line, problem)) {
            try Self.value(of: "int CONFIG_X", config)
        }
    }

    @Test("a compressed configuration is refused as that")
    func compressed() throws {
        let object = try CSource.compiled(Self.head + "SEC(\"xdp\") int p(void *c) { return 1; }")
        #expect(throws: ObjectError.settingsLine(line: 1, .compressed)) {
            try ObjectReader.read(object, in: ObjectEnvironment(kernelConfig: [0x1F, 0x8B, 8, 0]))
        }
    }

    @Test("without a value a weak setting is 0, and a strong one keeps its program out, by name")
    func unset() throws {
        let package = try Self.read(
            """
            extern int CONFIG_WEAK __kconfig __weak;
            extern int CONFIG_STRONG __kconfig;
            extern int LINUX_UNHEARD_OF __kconfig __weak;
            SEC("xdp") int weak(void *c) { return CONFIG_WEAK + LINUX_UNHEARD_OF; }
            SEC("xdp") int strong(void *c) { return CONFIG_STRONG; }
            """)
        #expect(package.programs.map(\.name) == ["weak"] && package.omitted.map(\.name) == ["strong"])
        #expect(
            package.omitted[0].reason.contains("'CONFIG_STRONG' is a setting of a kernel (.kconfig) that has no value"))
        #expect(package.maps[0].initialValue == [UInt8](repeating: 0, count: 8))
    }

    @Test("what libbpf makes up is the same everywhere, unless somebody declares it")
    func virtual() throws {
        let source = """
            extern int LINUX_KERNEL_VERSION __kconfig;
            extern _Bool LINUX_HAS_BPF_COOKIE __kconfig;
            extern _Bool LINUX_HAS_SYSCALL_WRAPPER __kconfig;
            SEC("xdp") int p(void *c) { return LINUX_KERNEL_VERSION + LINUX_HAS_BPF_COOKIE * 2 + LINUX_HAS_SYSCALL_WRAPPER; }
            """
        #expect(try Self.read(source).maps[0].initialValue == [0, 12, 6, 0, 0, 1])
        let declared = "LINUX_KERNEL_VERSION=5.4.300\nLINUX_HAS_BPF_COOKIE=y\nLINUX_HAS_SYSCALL_WRAPPER=0"
        #expect(try Self.read(source, config: declared).maps[0].initialValue == [255, 4, 5, 0, 1, 0])
    }

    @Test("settings lie as libbpf lays them, by alignment, size and name, and code finds each; their types come along")
    func places() throws {
        let package = try Self.read(
            """
            extern char CONFIG_TEXT[3] __kconfig;
            extern _Bool CONFIG_BOOL __kconfig;
            extern long CONFIG_LONG __kconfig;
            extern int CONFIG_B __kconfig, CONFIG_A __kconfig;
            SEC("xdp") int p(void *c) { return CONFIG_LONG + CONFIG_A + CONFIG_B + CONFIG_BOOL + CONFIG_TEXT[1]; }
            """,
            config: "CONFIG_TEXT=\"xy\"\nCONFIG_BOOL=y\nCONFIG_LONG=1\nCONFIG_B=2\nCONFIG_A=3")
        let map = package.maps[0]
        #expect(map.initialValue == [1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0x78, 0x79, 0])
        let references = try package.programs[0].references(to: package.maps).map(\.reference)
        let offsets: [UInt32] = references.compactMap { if case .mapValue(0, let offset) = $0 { offset } else { nil } }
        #expect(Set(offsets) == [0, 8, 12, 16, 17])
        let type = try #require(map.valueType)
        guard case .structure(20, let members) = package.valueTypes.types[type].shape else {
            Issue.record("no structure")
            return
        }
        #expect(
            members.map(\.name) == ["CONFIG_LONG", "CONFIG_A", "CONFIG_B", "CONFIG_BOOL", "CONFIG_TEXT"])
        #expect(members.map(\.bitOffset) == [0, 64, 96, 128, 136])
        #expect(try ObjectPackage(parsing: package.serialized()) == package)
    }

    @Test("values are part of what a digest is of; those that nobody asks for are not")
    func digest() throws {
        let source = "extern int CONFIG_HZ __kconfig;\nSEC(\"xdp\") int p(void *c) { return CONFIG_HZ; }"
        func bytes(_ config: String) throws -> [UInt8] {
            let package = try Self.read(source, config: config)
            return package.programs[0].canonicalBytes(in: package)
        }
        #expect(try bytes("CONFIG_HZ=100") == bytes("# other\nCONFIG_NR_CPUS=4\nCONFIG_HZ=0x64"))
        #expect(try bytes("CONFIG_HZ=100") != bytes("CONFIG_HZ=250"))
    }

    @Test("what a kernel has is 0 where the object can do without, and else keeps its program out, by name and kind")
    func kernelSymbols() throws {
        let package = try Self.read(
            """
            extern const int weak_variable __ksym __weak;
            extern const int strong_variable __ksym;
            extern int weak_function(int) __ksym __weak;
            extern int strong_function(int) __ksym;
            SEC("tc") int address(void *c) { return &weak_variable ? 7 : 8; }
            SEC("tc") int guarded(void *c) { return bpf_ksym_exists(weak_function) ? weak_function(1) : 3; }
            SEC("tc") int bare(void *c) { return weak_function(1); }
            SEC("tc") int variable(void *c) { return (long)&strong_variable; }
            SEC("tc") int function(void *c) { return strong_function(1); }
            """)
        #expect(package.programs.map(\.name) == ["address", "guarded", "bare"])
        #expect(package.omitted.map(\.name) == ["variable", "function"])
        #expect(package.omitted[0].reason.contains("'strong_variable' is a kernel's variable (ksym)"))
        #expect(package.omitted[1].reason.contains("'strong_function' is a kernel's function (kfunc)"))
        for program in package.programs[...1] {
            let wide = try #require(program.code.firstIndex { $0.opcode == 0x18 })
            #expect(program.code[wide].source == 0 && program.code[wide].immediate == 0)
            #expect(program.code[wide + 1].immediate == 0)
        }
        for program in package.programs[1...] {
            #expect(program.code.filter { $0 == AbsentCall.function.slot }.count == 1)
        }
        for program in package.programs {
            _ = try Decoder().program(program.code)
            #expect(try program.facts(in: package).helperIDs.isEmpty)
        }
    }

    @Test("an undefined symbol without debug information is 0 if it is weak")
    func undescribed() throws {
        let object = try BPFCompiler.stripped(
            CSource.compiled(
                Self.head
                    + """
                    extern const int weak __weak;
                    SEC("tc") int p(void *c) { return &weak ? 7 : 8; }
                    extern const int strong;
                    SEC("tc") int q(void *c) { return (long)&strong; }
                    """, flags: ["-O2"]), flags: ["-g"])
        let package = try ObjectReader.read(object)
        #expect(package.programs.map(\.name) == ["p"] && package.omitted.map(\.name) == ["q"])
        #expect(package.omitted[0].reason.contains("'strong' is not defined in the object"))
    }
}
