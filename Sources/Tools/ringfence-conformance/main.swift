// Speaks the plugin protocol of the public BPF conformance runner: one process per test, memory as hex text in the first
// argument where it is not an option, the program as hex text on standard input or after `--program`, R0 as hex on
// standard output. See `Options.usage`.

do {
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    if options.wantsHelp {
        print(Options.usage)
    } else {
        print(String(try run(options), radix: 16))
    }
} catch {
    fail("\(error)")
}
