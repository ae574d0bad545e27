package com.example

/* public fun commented() /* nested */ still */
// public fun commented()
internal fun hidden() {
    public
}

fun quiet() = 1

public fun say(text: String = "a ) ${f("}")} b", more: (Int) -> Unit = {}): Unit {
    val inside = 1
}

public data class Data(val map: Map<String, List<Int>>, internal val hidden: Int = 1)

internal class Hidden {
    public fun member(): Int = 1
}

public class Private private constructor(val given: Int) : Base(f()), Other by given

public class Settings {
    public var read: Int = 1
        private set
    public var written: Int = 2
}

public enum class Level(public val number: Int) {
    Low(1),
    @Deprecated("x") High(2) {
        override fun f() = 1
    },
    ;

    public fun doubled(): Int = 2 * number
}

public sealed interface State {
    public data object Idle : State

    public class Busy(public val share: Float) :
        State
}

public fun <T : Any> List<T>.second(): T? =
    if (size < 2) null else get(1)

public val answer: Int get() = 42

@JvmInline
public value class Raw(public val char: Char = '"')

public fun interface Callback {
    public fun call(vararg numbers: Int)
}

public class Index<K> {
    public constructor(size: Int) : this()

    public suspend fun nearest(key: K, count: Int = 1): List<Pair<K, Float>> = listOf()
}
