/* numbers: works through VFP or Advanced SIMD and prints checksums, the same on every correct processor.

   "numbers vfp" and "numbers neon" each take some millions of instructions. They need nothing but the kernel. */

#include <arm_neon.h>
#include <stdint.h>

enum { SYS_EXIT = 1, SYS_WRITE = 4, STDOUT = 1 };

static long system_call(long number, long a, long b, long c)
{
    register long r0 __asm__("r0") = a;
    register long r1 __asm__("r1") = b;
    register long r2 __asm__("r2") = c;
    register long r7 __asm__("r7") = number;

    __asm__ volatile("svc #0" : "+r"(r0) : "r"(r1), "r"(r2), "r"(r7) : "memory");
    return r0;
}

static void print(const char *name, uint32_t sum)
{
    char line[40];
    uint32_t size = 0;

    while (name[size]) {
        line[size] = name[size];
        size++;
    }
    line[size++] = ' ';
    for (int shift = 28; shift >= 0; shift -= 4)
        line[size++] = "0123456789abcdef"[sum >> shift & 15];
    line[size++] = '\n';
    system_call(SYS_WRITE, STDOUT, (long)line, size);
}

/* --- checksums and pseudo-random operands ----------------------------------------------------------------------- */

static uint32_t sum;
static uint32_t seed;

static void begin(void)
{
    sum = 2166136261u;
    seed = 20040229u;
}

static void add(uint32_t word)
{
    sum = (sum ^ word) * 16777619u;
    sum ^= sum >> 15;
}

static void add_single(float value)
{
    union { float value; uint32_t bits; } both = {value};
    add(both.bits);
}

static void add_double(double value)
{
    union { double value; uint32_t bits[2]; } both = {value};
    add(both.bits[0]);
    add(both.bits[1]);
}

static uint32_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

static double random_number(void)
{
    return (double)(int32_t)random_word() / 65536.0;
}

/* --- VFP -------------------------------------------------------------------------------------------------------- */

#define SIZE 16

static uint32_t fpscr(void)
{
    uint32_t value;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(value));
    return value;
}

static void set_fpscr(uint32_t value)
{
    __asm__ volatile("vmsr fpscr, %0" : : "r"(value) : "memory");
}

/* Gauss's elimination with pivots; the rest of the equation shows how exact it was. */
static void solve_equations(void)
{
    static double matrix[SIZE][SIZE + 1];

    for (int row = 0; row < SIZE; row++)
        for (int column = 0; column <= SIZE; column++)
            matrix[row][column] = random_number();
    for (int step = 0; step < SIZE; step++) {
        int pivot = step;
        for (int row = step + 1; row < SIZE; row++)
            if (__builtin_fabs(matrix[row][step]) > __builtin_fabs(matrix[pivot][step]))
                pivot = row;
        for (int column = step; column <= SIZE; column++) {
            double other = matrix[pivot][column];
            matrix[pivot][column] = matrix[step][column];
            matrix[step][column] = other;
        }
        for (int row = 0; row < SIZE; row++) {
            double factor = row == step ? 0 : matrix[row][step] / matrix[step][step];
            for (int column = step; column <= SIZE; column++)
                matrix[row][column] -= factor * matrix[step][column];
        }
    }
    for (int row = 0; row < SIZE; row++)
        add_double(matrix[row][SIZE] / matrix[row][row]);
}

/* The number of steps until z = z * z + c leaves the circle, and where. */
static void iterate(void)
{
    for (int point = 0; point < 400; point++) {
        double cr = point % 20 * 0.15 - 2.0, ci = point / 20 * 0.15 - 1.5, zr = 0, zi = 0;
        uint32_t steps = 0;
        while (steps < 200 && zr * zr + zi * zi < 4) {
            double next = zr * zr - zi * zi + cr;
            zi = 2 * zr * zi + ci;
            zr = next;
            steps++;
        }
        add(steps);
        add_double(zr);
        add_single((float)zi);
    }
}

/* The compiler knows nothing of rounding modes: it may move or fold what it computes, but not these. */
#define SINGLES(name, instruction) static float name(float a, float b) \
    { float r; __asm__ volatile(instruction ".f32 %0, %1, %2" : "=t"(r) : "t"(a), "t"(b)); return r; }
#define DOUBLES(name, instruction) static double name(double a, double b) \
    { double r; __asm__ volatile(instruction ".f64 %P0, %P1, %P2" : "=w"(r) : "w"(a), "w"(b)); return r; }
SINGLES(add_f, "vadd")
SINGLES(multiply_f, "vmul")
SINGLES(divide_f, "vdiv")
DOUBLES(add_d, "vadd")
DOUBLES(multiply_d, "vmul")
DOUBLES(divide_d, "vdiv")

static double root_of(double value)
{
    double root;
    __asm__ volatile("vsqrt.f64 %P0, %P1" : "=w"(root) : "w"(value));
    return root;
}

static float rounded(double value)
{
    float single;
    __asm__ volatile("vcvt.f32.f64 %0, %P1" : "=t"(single) : "w"(value));
    return single;
}

static uint32_t to_integer(double value)
{
    uint32_t number;
    __asm__ volatile("vcvtr.s32.f64 s0, %P1\n\tvmov %0, s0" : "=r"(number) : "w"(value) : "s0");
    return number;
}

/* Arithmetic and conversions in each rounding mode, with and without flushing to zero and default NaNs. */
static void change_modes(void)
{
    for (uint32_t mode = 0; mode < 16; mode++) {
        float single = 1.0e-38f;
        double number = 0.3125;
        set_fpscr(mode << 22);
        for (uint32_t step = 0; step < 400; step++) {
            union { uint32_t bits; float value; } any = {random_word()};
            double exponent = (double)((random_word() & 1023) + 1);
            number = add_d(multiply_d(number, 1.1), divide_d(exponent, 7.0));
            single = add_f(multiply_f(single, 0.75f), divide_f(any.value, 3.0e30f));
            add_double(root_of(number));
            add_single(single);
            add_single(divide_f(any.value, rounded(number)));
            add(to_integer(multiply_d(number, -0.37)));
            if ((step & 63) == 63) {
                number = 0.3125;
                single = 1.0e-38f;
            }
        }
        add(fpscr());
    }
    set_fpscr(0);
}

static void halves(void)
{
    for (int step = 0; step < 4000; step++) {
        uint32_t word = random_word(), low, high;
        float value;
        __asm__ volatile("vmov s0, %3\n\tvcvtb.f32.f16 s1, s0\n\tvcvtt.f32.f16 s2, s0\n\tvadd.f32 %0, s1, s2\n\t"
                         "vcvtb.f16.f32 s3, %0\n\tvcvtt.f16.f32 s3, s1\n\tvmov %1, s3\n\tvmov %2, s2"
                         : "=&t"(value), "=r"(low), "=r"(high) : "r"(word) : "s0", "s1", "s2", "s3");
        add_single(value);
        add(low);
        add(high);
    }
    add(fpscr());
}

static void vfp(void)
{
    begin();
    for (int round = 0; round < 40; round++)
        solve_equations();
    print("equations", sum);
    begin();
    iterate();
    print("iterations", sum);
    begin();
    change_modes();
    print("modes", sum);
    begin();
    halves();
    print("halves", sum);
}

/* --- Advanced SIMD ---------------------------------------------------------------------------------------------- */

#define BYTES 1536

static uint8_t from[BYTES + 16], to[BYTES + 16];

static void add_vector(uint32x4_t vector)
{
    add(vgetq_lane_u32(vector, 0));
    add(vgetq_lane_u32(vector, 1));
    add(vgetq_lane_u32(vector, 2));
    add(vgetq_lane_u32(vector, 3));
}

static void fill(void)
{
    for (int index = 0; index < BYTES + 16; index++)
        from[index] = (uint8_t)(random_word() >> 11);
}

/* Grey, by weights, from pixels of three bytes at every alignment. */
static void colours(void)
{
    for (int start = 0; start < 16; start++)
        for (int pixel = 0; pixel < BYTES / 24; pixel++) {
            uint8x8x3_t rgb = vld3_u8(from + start + pixel * 24);
            uint16x8_t grey = vmull_u8(rgb.val[0], vdup_n_u8(77));
            grey = vmlal_u8(grey, rgb.val[1], vdup_n_u8(151));
            grey = vmlal_u8(grey, rgb.val[2], vdup_n_u8(28));
            rgb.val[1] = vrshrn_n_u16(grey, 8);
            rgb.val[2] = veor_u8(vrev64_u8(rgb.val[0]), vcnt_u8(rgb.val[2]));
            vst3_u8(to + start + pixel * 24, rgb);
            add_vector(vreinterpretq_u32_u16(grey));
        }
    for (int index = 0; index < BYTES; index += 4)
        add(to[index] | (uint32_t)to[index + 1] << 8 | (uint32_t)to[index + 2] << 16 | (uint32_t)to[index + 3] << 24);
}

static void saturate(void)
{
    for (int index = 0; index + 32 <= BYTES; index += 2) {
        int16x8_t one = vreinterpretq_s16_u8(vld1q_u8(from + index));
        int16x8_t other = vreinterpretq_s16_u8(vld1q_u8(from + index + 16));
        int16x8_t product = vqrdmulhq_s16(one, vqsubq_s16(other, one));
        int32x4_t wide = vqdmlal_s16(vpaddlq_s16(one), vget_low_s16(product), vget_high_s16(other));
        int8x8_t narrow = vqshrn_n_s16(vqaddq_s16(product, other), 3);
        uint8x8_t table = vtbl1_u8(vreinterpret_u8_s8(narrow), vand_u8(vld1_u8(from + index), vdup_n_u8(11)));
        int16x8_t shifted = vqrshlq_s16(one, vshrq_n_s16(other, 11));
        poly16x8_t polynomial = vmull_p8(vreinterpret_p8_s8(narrow), vreinterpret_p8_u8(table));
        add_vector(vreinterpretq_u32_s32(wide));
        add_vector(vreinterpretq_u32_s16(shifted));
        add_vector(vreinterpretq_u32_p16(polynomial));
    }
    add(fpscr());
}

/* Transposes and multiplies matrices; reciprocals and roots by estimate and step. */
static void vectors(void)
{
    float32x4_t x = {1.5f, -2.25f, 1.0e-3f, 7.0e4f}, total = vdupq_n_f32(0);

    for (int step = 1; step < 6000; step++) {
        float32x4_t y = vcvtq_n_f32_u32(vdupq_n_u32(random_word()), 9), estimate;
        float32x4x2_t pairs;
        y = vsetq_lane_f32((float)step, y, 1);
        estimate = vrecpeq_f32(y);
        estimate = vmulq_f32(estimate, vrecpsq_f32(y, estimate));
        x = vmlaq_f32(vmulq_n_f32(x, 0.875f), estimate, vabdq_f32(x, y));
        estimate = vrsqrteq_f32(vabsq_f32(x));
        estimate = vmulq_f32(estimate, vrsqrtsq_f32(vmulq_f32(estimate, estimate), x));
        pairs = vtrnq_f32(x, estimate);
        total = vmlsq_f32(vmaxq_f32(pairs.val[0], total), pairs.val[1], vdupq_n_f32(0.0625f));
        total = vbslq_f32(vcgtq_f32(vabsq_f32(total), vdupq_n_f32(1.0e20f)), x, vextq_f32(total, total, 1));
        add_vector(vreinterpretq_u32_f32(total));
        add_vector(vcvtq_u32_f32(vminq_f32(x, y)));
    }
}

static void neon(void)
{
    begin();
    for (int round = 0; round < 10; round++) {
        fill();
        colours();
    }
    print("colours", sum);
    begin();
    for (int round = 0; round < 30; round++) {
        fill();
        saturate();
    }
    print("saturation", sum);
    begin();
    vectors();
    print("vectors", sum);
}

__attribute__((used)) static _Noreturn void begin_process(const long *stack)
{
    const char *argument = stack[0] > 1 ? (const char *)stack[2] : "";

    if (argument[0] == 'v')
        vfp();
    else if (argument[0] == 'n')
        neon();
    for (;;)
        system_call(SYS_EXIT, argument[0] != 'v' && argument[0] != 'n', 0, 0);
}

/* The kernel starts a process with the arguments on its stack; the code needs that to be aligned to eight bytes. */
__asm__(".text\n.global _start\n.type _start, %function\n_start:\n\tmov r0, sp\n\tbic sp, sp, #7\n\tb begin_process\n");
