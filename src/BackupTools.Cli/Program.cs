using BackupTools.Cli;

using Interruption interruption = new();
return CommandLine.Run(args, interruption.Token);
