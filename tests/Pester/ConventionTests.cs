using System.Diagnostics;
using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using BackupTools.Commands;

namespace BackupTools.Pester;

/// <summary>What PowerShell expects of cmdlets, and the command line's options as their parameters.</summary>
/// <remarks>Only attributes' data are read: the library to compile against has bodies that do nothing.</remarks>
public sealed partial class ConventionTests
{
    private const string None = "";

    // An option of the command line, and the parameter that is the same; options that have none say why below.
    private static readonly Dictionary<string, (Type Cmdlet, string[] Only, Dictionary<string, string> Options)> s_commands = new()
    {
        ["init"] = (typeof(InitializeSnapshotRepositoryCommand), [], new()),
        ["new"] = (typeof(NewSnapshotCommand), [], new()
        {
            ["--to"] = "Destination", ["--keep"] = "Keep", ["--name"] = "Name", ["--host"] = "HostName", ["--section"] = "Section",
            ["--exclude"] = "Exclude", ["--exclude-from"] = "ExcludeFrom", ["--exclude-caches"] = "ExcludeCache",
            ["--capture"] = "Capture", ["--check"] = "Check", ["--tag"] = "Tag", ["--comment"] = "Comment", ["--lock-timeout"] = "LockTimeout",
        }),
        ["restore"] = (typeof(RestoreSnapshotCommand), ["InputObject"], new()
        {
            ["--to"] = "Destination", ["--as-of"] = "AsOf", ["--name"] = "Name", ["--source"] = "Source", ["--host"] = "HostName",
            ["--include"] = "Include", ["--skip-verify"] = "SkipVerify", ["--overlay"] = "Overlay", ["--force"] = "Force", ["--dry-run"] = None,
        }),
        ["list"] = (typeof(GetSnapshotManifestCommand), [], new()
        {
            ["--name"] = "Name", ["--source"] = "Source", ["--host"] = "HostName", ["--since"] = "Since", ["--before"] = "Before",
            ["--tag"] = "Tag", ["--latest"] = "Latest",
        }),
        ["verify"] = (typeof(TestSnapshotCommand), ["InputObject", "Quiet"], new() { ["--level"] = "Level", ["--scratch"] = None }),
        ["prune"] = (typeof(RemoveOldSnapshotCommand), ["PassThru"], new()
        {
            ["--name"] = "Name", ["--source"] = "Source", ["--host"] = "HostName", ["--keep-last"] = "KeepLast", ["--keep-hourly"] = "KeepHourly",
            ["--keep-daily"] = "KeepDaily", ["--keep-weekly"] = "KeepWeekly", ["--keep-monthly"] = "KeepMonthly", ["--keep-yearly"] = "KeepYearly",
            ["--keep-within"] = "KeepWithin", ["--keep-tag"] = "KeepTag", ["--dry-run"] = None,
        }),
        ["repair"] = (typeof(RepairSnapshotRepositoryCommand), [], new() { ["--lock-timeout"] = "LockTimeout" }),
    };

    public static TheoryData<string> Commands => [.. s_commands.Keys];

    public static TheoryData<Type> Cmdlets => [.. AllCmdlets()];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Each_option_of_the_command_line_is_a_parameter(string command)
    {
        // -WhatIf does what --dry-run does; the scratch place of a rehearsal is the system's, as TMPDIR or TEMP say.
        // Every command takes a repository's password in the same ways; PowerShell has secure strings beside them.
        (Type cmdlet, string[] only, Dictionary<string, string> options) = s_commands[command];
        Dictionary<string, string> all = new(options) { ["--password-file"] = "PasswordFile", ["--password-command"] = "PasswordCommand" };
        Assert.Equal(Options(command).Order(), all.Keys.Order());
        Assert.Equal(
            all.Values.Where(name => name != None).Concat(only).Concat(["Credential", "Password"]).Concat(PathParameters(cmdlet)).Order(),
            Parameters(cmdlet).Select(parameter => parameter.Name).Order());
        Assert.Equal(options.ContainsKey("--dry-run") || command is "new" or "init" or "repair", Named<bool>(Cmdlet(cmdlet), "SupportsShouldProcess"));
    }

    [Fact]
    public void The_manifest_exports_the_cmdlets_there_are()
    {
        string manifest = File.ReadAllText(Path.Join(Checkout.Directory, "BackupTools.psd1"));
        Match list = Regex.Match(manifest, @"CmdletsToExport\s*=\s*@\(([^)]*)\)");
        IEnumerable<string> exported = Regex.Matches(list.Groups[1].Value, "'([^']+)'").Select(match => match.Groups[1].Value);
        Assert.Equal(AllCmdlets().Select(Name).Order(), exported.Order());
    }

    [Fact]
    public void The_assemblies_have_the_version_of_the_manifest()
    {
        string manifest = File.ReadAllText(Path.Join(Checkout.Directory, "BackupTools.psd1"));
        string version = Regex.Match(manifest, @"ModuleVersion\s*=\s*'([^']+)'").Groups[1].Value;
        Assert.Equal(version, typeof(BackupCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void A_cmdlet_has_an_approved_verb_and_says_what_it_emits(Type cmdlet)
    {
        CustomAttributeData attribute = Cmdlet(cmdlet);
        string verb = (string)attribute.ConstructorArguments[0].Value!;
        string noun = (string)attribute.ConstructorArguments[1].Value!;
        Assert.Contains(verb, ApprovedVerbs());
        Assert.Equal($"{verb}{noun}Command", cmdlet.Name);
        Assert.True(cmdlet.IsSealed);
        Assert.Single(cmdlet.GetCustomAttributesData(), data => data.AttributeType == typeof(OutputTypeAttribute));
        Assert.Equal(BackupCommand.PathSet, Named<string>(attribute, "DefaultParameterSetName"));
    }

    [Theory]
    [InlineData(typeof(InitializeSnapshotRepositoryCommand), ConfirmImpact.Medium)]
    [InlineData(typeof(NewSnapshotCommand), ConfirmImpact.Medium)]
    [InlineData(typeof(RestoreSnapshotCommand), ConfirmImpact.High)]
    [InlineData(typeof(RemoveOldSnapshotCommand), ConfirmImpact.Medium)]
    [InlineData(typeof(RepairSnapshotRepositoryCommand), ConfirmImpact.Medium)]
    public void What_changes_something_can_be_confirmed(Type cmdlet, ConfirmImpact impact)
    {
        Assert.True(Named<bool>(Cmdlet(cmdlet), "SupportsShouldProcess"));
        Assert.Equal((int)impact, Named<int>(Cmdlet(cmdlet), "ConfirmImpact"));
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void By_property_name_only_paths_are_bound(Type cmdlet)
    {
        // A name bound from a file's would turn its path into a pattern.
        foreach (PropertyInfo parameter in Parameters(cmdlet))
        {
            foreach (CustomAttributeData data in Attributes(parameter, typeof(ParameterAttribute)))
            {
                Assert.Equal(parameter.Name == "LiteralPath", Named<bool>(data, "ValueFromPipelineByPropertyName"));
                Assert.Equal(parameter.Name is "Path" or "InputObject", Named<bool>(data, "ValueFromPipeline"));
            }
        }

        if (!PathParameters(cmdlet).Contains("LiteralPath"))
        {
            return;
        }

        string[] aliases = [.. Attributes(cmdlet.GetProperty("LiteralPath")!, typeof(AliasAttribute))
            .SelectMany(data => (IEnumerable<CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!)
            .Select(alias => (string)alias.Value!)];
        bool takesManifests = cmdlet == typeof(RestoreSnapshotCommand) || cmdlet == typeof(TestSnapshotCommand);
        Assert.Equal(takesManifests ? ["PSPath", "FullName", "ManifestPath"] : ["PSPath", "FullName"], aliases);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void Parameters_have_no_names_that_PowerShell_has_taken_and_are_of_its_kinds(Type cmdlet)
    {
        string[] common =
        [
            "Verbose", "Debug", "ErrorAction", "WarningAction", "InformationAction", "ProgressAction", "ErrorVariable", "WarningVariable",
            "InformationVariable", "OutVariable", "OutBuffer", "PipelineVariable", "WhatIf", "Confirm", "vb", "db", "ea", "wa", "infa", "proga",
            "ev", "wv", "iv", "ov", "ob", "pv", "wi", "cf",
        ];
        foreach (PropertyInfo parameter in Parameters(cmdlet))
        {
            Assert.DoesNotContain(parameter.Name, common, StringComparer.OrdinalIgnoreCase);
            Assert.NotEqual(typeof(bool), parameter.PropertyType);
            Assert.NotEqual(typeof(DateTimeOffset), parameter.PropertyType);
        }
    }

    [Fact]
    public void Nothing_public_needs_the_core_to_be_laid_out()
    {
        // PowerShell looks at the public types before the module can say where the core is.
        const string core = "BackupTools.Core";
        foreach (Type type in typeof(BackupCommand).Assembly.GetExportedTypes())
        {
            for (Type? at = type; at is not null; at = at.BaseType)
            {
                Assert.NotEqual(core, at.Assembly.GetName().Name);
            }

            Assert.DoesNotContain(type.GetInterfaces(), each => each.Assembly.GetName().Name == core);
            FieldInfo[] fields = type.GetFields(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic);
            Assert.DoesNotContain(fields, field => field.FieldType.IsValueType && field.FieldType.Assembly.GetName().Name == core);
            PropertyInfo[] properties = type.GetProperties();
            Assert.DoesNotContain(properties, property => property.PropertyType.Assembly.GetName().Name == core);
        }
    }

    // What does not exist yet matches no pattern, so that its path stands as it is.
    private static string[] PathParameters(Type cmdlet) =>
        cmdlet == typeof(InitializeSnapshotRepositoryCommand) ? ["Path"] : ["Path", "LiteralPath"];

    private static IEnumerable<Type> AllCmdlets() => typeof(BackupCommand).Assembly.GetExportedTypes()
        .Where(type => type.GetCustomAttributesData().Any(data => data.AttributeType == typeof(CmdletAttribute)));

    private static string Name(Type cmdlet) => $"{Cmdlet(cmdlet).ConstructorArguments[0].Value}-{Cmdlet(cmdlet).ConstructorArguments[1].Value}";

    private static CustomAttributeData Cmdlet(Type cmdlet) =>
        cmdlet.GetCustomAttributesData().Single(data => data.AttributeType == typeof(CmdletAttribute));

    private static IEnumerable<PropertyInfo> Parameters(Type cmdlet) =>
        cmdlet.GetProperties().Where(property => Attributes(property, typeof(ParameterAttribute)).Any());

    private static IEnumerable<CustomAttributeData> Attributes(PropertyInfo property, Type type) =>
        property.GetCustomAttributesData().Where(data => data.AttributeType == type);

    private static T? Named<T>(CustomAttributeData data, string name) =>
        data.NamedArguments.Where(argument => argument.MemberName == name).Select(argument => (T?)argument.TypedValue.Value).SingleOrDefault();

    private static HashSet<string> ApprovedVerbs() =>
    [
        .. ((Type[])[
            typeof(VerbsCommon), typeof(VerbsCommunications), typeof(VerbsData), typeof(VerbsDiagnostic),
            typeof(VerbsLifecycle), typeof(VerbsOther), typeof(VerbsSecurity)])
            .SelectMany(group => group.GetFields())
            .Select(field => (string)field.GetRawConstantValue()!),
    ];

    private static IEnumerable<string> Options(string command)
    {
        ProcessStartInfo start = new("dotnet", ["exec", Checkout.CommandLine, command, "--help"])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string help = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        string[] ofAll = ["--help", "--json", "--verbose", "--version"];
        return [.. Option().Matches(help).Select(match => match.Groups[1].Value).Distinct().Except(ofAll)];
    }

    [GeneratedRegex(@"^\s+(?:-\w, )?(--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex Option();
}
