using BackupTools.Cli;

WarmStart.Begin();
using Interruption interruption = new();
return CommandLine.Run(args, interruption.Token);
