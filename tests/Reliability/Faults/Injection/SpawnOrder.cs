using System.Runtime.InteropServices;

namespace BackupTools.Reliability.Faults.Injection;

/// <summary>All that starting a program takes, put together beforehand, so that starting it is one call.</summary>
internal sealed unsafe class SpawnOrder : IDisposable
{
    private const int ActionsSize = 512;

    private readonly List<nint> _blocks = [];
    private readonly byte* _actions;
    private readonly byte* _program;
    private readonly byte** _arguments;
    private readonly byte** _environment;

    /// <summary>Puts it together.</summary>
    /// <param name="program">Full path.</param>
    /// <param name="arguments">Its arguments, the program's name first.</param>
    /// <param name="directory">Where it runs.</param>
    /// <param name="output">A file for standard output; standard error goes beside it, with <c>.err</c>.</param>
    public SpawnOrder(string program, IReadOnlyList<string> arguments, string directory, string output)
    {
        const int createWriteTruncate = 0x241;
        _program = Add(program);
        _arguments = AddAll(arguments);
        _environment = AddAll(
        [
            .. Environment.GetEnvironmentVariables().Keys.Cast<string>()
                .Where(static name => name != "BACKUPTOOLS_DEBUG")
                .Select(static name => $"{name}={Environment.GetEnvironmentVariable(name)}"),

            // Pipes for debuggers stay behind where a process is killed.
            "DOTNET_EnableDiagnostics=0",
        ]);
        _actions = (byte*)Allocate(ActionsSize);
        _ = Native.InitializeActions(_actions);
        _ = Native.AddOpen(_actions, 0, Add("/dev/null"), 0, 0);
        _ = Native.AddOpen(_actions, 1, Add(output), createWriteTruncate, 0x180);
        _ = Native.AddOpen(_actions, 2, Add(output + ".err"), createWriteTruncate, 0x180);
        _ = Native.AddChangeDirectory(_actions, Add(directory));

        // The runtime prepares a call when it is made first; what it does for that could itself wait for an answer.
        int id;
        byte nothing = 0;
        _ = Native.Spawn(&id, &nothing, null, null, _arguments, _environment);
    }

    /// <summary>Starts the program.</summary>
    /// <returns>0, or why not.</returns>
    public int Start(out int id)
    {
        fixed (int* pointer = &id)
        {
            return Native.Spawn(pointer, _program, _actions, null, _arguments, _environment);
        }
    }

    public void Dispose()
    {
        _ = Native.DestroyActions(_actions);
        _blocks.ForEach(Marshal.FreeHGlobal);
    }

    private nint Allocate(int size)
    {
        nint block = Marshal.AllocHGlobal(size);
        _blocks.Add(block);
        return block;
    }

    private byte* Add(string text)
    {
        byte[] bytes = [.. System.Text.Encoding.UTF8.GetBytes(text), 0];
        nint block = Allocate(bytes.Length);
        Marshal.Copy(bytes, 0, block, bytes.Length);
        return (byte*)block;
    }

    private byte** AddAll(IReadOnlyList<string> texts)
    {
        byte** array = (byte**)Allocate((texts.Count + 1) * sizeof(byte*));
        for (int i = 0; i < texts.Count; i++)
        {
            array[i] = Add(texts[i]);
        }

        array[texts.Count] = null;
        return array;
    }
}
