internal import CommandSupport
internal import ArgumentParser
internal import ProgramPackage

/// What somebody says of where an object is to run; see ``ObjectEnvironment``.
struct DeclaredEnvironment: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Values of __kconfig externs: CONFIG_HZ=250 in each line, as kernels are configured. What is in no file is not taken from the host.",
            valueName: "file"))
    var kconfig: String?

    @Option(
        help: ArgumentHelp(
            "Types to make code fit for (CO-RE) beside those that programs see here: BTF, or an ELF file with some.",
            valueName: "file"))
    var btf: String?

    /// To be called where files are read that somebody else wrote.
    func read() throws(Failure) -> ObjectEnvironment {
        var environment = ObjectEnvironment.none
        if let kconfig {
            environment.kernelConfig = try Files.read(kconfig, maximumBytes: AdmissionRequest.kernelConfigBytes)
        }
        if let btf { environment.types = try Files.read(btf, maximumBytes: AdmissionRequest.typesBytes) }
        return environment
    }
}
