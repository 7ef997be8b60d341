using System.Buffers.Binary;

namespace BackupTools.Restic.Tests.Chunking;

/// <summary>
/// The numbers of Go's math/rand, out of which restic's vectors were made: each is the sum of the 273rd and the 607th
/// before it. They begin with a seed's 607, mixed into the state after 7.8e12 steps from seed 1, which Go has as a
/// table. Here that state is computed: a linear recurrence leaps by powers of x modulo its characteristic polynomial.
/// </summary>
internal sealed class GoRandom
{
    private const int Length = 607;
    private const int Tap = 273;
    private const ulong StepsOfTheTable = 7_800_000_000_000;

    private static readonly Lazy<ulong[]> s_table = new(ComputeTable);

    private readonly ulong[] _state;
    private int _feed = Length - Tap;

    public GoRandom(int seed)
    {
        _state = Seed(seed, bits: 20);
        for (int i = 0; i < Length; i++)
        {
            _state[i] ^= s_table.Value[i];
        }
    }

    public byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i += sizeof(uint))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i), (uint)(Next() >> 31));
        }

        return bytes;
    }

    private ulong Next()
    {
        _feed = (_feed + Length - 1) % Length;
        return _state[_feed] += _state[(_feed + Tap) % Length];
    }

    private static ulong[] Seed(int seed, int bits)
    {
        // A seed's numbers are three of a multiplicative generator's, shifted into one another.
        ulong x = (ulong)seed;
        for (int i = 0; i < 20; i++)
        {
            Multiply();
        }

        ulong[] state = new ulong[Length];
        for (int i = 0; i < Length; i++)
        {
            state[i] = (Multiply() << (2 * bits)) ^ (Multiply() << bits) ^ Multiply();
        }

        return state;

        ulong Multiply() => x = x * 48271 % int.MaxValue;
    }

    private static ulong[] ComputeTable()
    {
        // In the order in which they are summed, the state stands backwards from where the first sum is put.
        ulong[] seeded = Seed(1, bits: 10);
        ulong[] sequence = new ulong[Length];
        for (int i = 0; i < Length; i++)
        {
            sequence[i] = seeded[Position(i)];
        }

        ulong[] power = new ulong[Length];
        power[0] = 1;
        for (int bit = 63; bit >= 0; bit--)
        {
            power = MultiplyModulo(power, power);
            if ((StepsOfTheTable >> bit & 1) != 0)
            {
                power = TimesX(power);
            }
        }

        ulong[] table = new ulong[Length];
        for (int i = 0; i < Length; i++)
        {
            ulong number = 0;
            for (int j = 0; j < Length; j++)
            {
                number += power[j] * sequence[j];
            }

            table[Position((long)StepsOfTheTable + i)] = number;
            power = TimesX(power);
        }

        return table;

        static int Position(long step) => (int)((Length - Tap - 1 - step % Length + Length) % Length);
    }

    private static ulong[] TimesX(ulong[] a)
    {
        ulong[] product = [0, .. a.AsSpan(0, Length - 1)];
        Reduce(product, Length, a[^1]);
        return product;
    }

    private static ulong[] MultiplyModulo(ulong[] a, ulong[] b)
    {
        ulong[] product = new ulong[2 * Length - 1];
        for (int i = 0; i < Length; i++)
        {
            for (int j = 0; j < Length; j++)
            {
                product[i + j] += a[i] * b[j];
            }
        }

        for (int i = product.Length - 1; i >= Length; i--)
        {
            Reduce(product, i, product[i]);
        }

        return product[..Length];
    }

    // x^607 is x^334 + 1.
    private static void Reduce(ulong[] polynomial, int power, ulong coefficient)
    {
        polynomial[power - Tap] += coefficient;
        polynomial[power - Length] += coefficient;
    }
}
