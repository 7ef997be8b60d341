using BackupTools.Benchmarks;

if (args is [MeasuringChild.Switch, ..])
{
    return MeasuringChild.Run(args.AsSpan(1));
}

if (!OperatingSystem.IsLinux())
{
    Console.Error.WriteLine("The programs compared with, and the way to measure memory, are those of Linux; nothing was run.");
    return 2;
}

string? repository = AppContext.BaseDirectory;
while (repository is not null && !File.Exists(Path.Join(repository, "BackupTools.sln")))
{
    repository = Path.GetDirectoryName(repository);
}

if (repository is null)
{
    Console.Error.WriteLine("The benchmarks have to lie below the source tree that they publish backuptools from.");
    return 2;
}

return Options.Parse(args, repository, (options, cancellation) =>
{
    try
    {
        return BenchmarkRun.Execute(options, repository, Console.Error, Console.Out, cancellation);
    }
    catch (OperationCanceledException)
    {
        Console.Error.WriteLine("Cancelled; what was made is removed.");
        return 130;
    }
    catch (CommandFailedException e)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
});
