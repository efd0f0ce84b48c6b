internal import ArgumentParser
internal import Commands
Doctor.main()
