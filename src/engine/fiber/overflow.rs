//! Stack overflow of a virtual thread: a finding instead of a bare SIGSEGV.
//!
//! A fiber's stack ends in a guard page. A handler on the alternate signal stack recognizes the guard page of the running
//! fiber, cuts the fiber off (nothing on it is unwound) and lets the hub go on. Every other fault goes to the handler that
//! was there before. Where there is no such handler (other systems and processors), an overflow is what it was before.

pub(super) use imp::{install, page_size};

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri)))]
mod imp {
    use super::super::trap_at;
    use corosensei::trap::TrapHandlerRegs;
    use std::cell::Cell;
    use std::mem::MaybeUninit;
    use std::ptr;
    use std::sync::OnceLock;

    /// What handled each signal before.
    static BEFORE: OnceLock<[libc::sigaction; 2]> = OnceLock::new();
    const SIGNALS: [libc::c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];
    const STACK: usize = 64 * 1024;

    pub(in super::super) fn page_size() -> usize {
        // SAFETY: asks for a constant of the system.
        usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
    }

    /// Installs the handler, once per process, and sees to an alternate signal stack for this OS thread.
    pub(in super::super) fn install() {
        BEFORE.get_or_init(|| SIGNALS.map(replace_handler));
        provide_stack();
    }

    fn replace_handler(signal: libc::c_int) -> libc::sigaction {
        // SAFETY: both structures are valid and filled as `sigaction` wants them; the handler has the signature that
        // `SA_SIGINFO` asks for.
        unsafe {
            let mut before = MaybeUninit::zeroed().assume_init();
            let mut action: libc::sigaction = MaybeUninit::zeroed().assume_init();
            action.sa_sigaction = handle as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaction(signal, &raw const action, &raw mut before);
            before
        }
    }

    /// OS threads made by std have an alternate stack already; others get one of ours, kept as long as the thread lives.
    fn provide_stack() {
        thread_local! {
            static PROVIDED: Cell<bool> = const { Cell::new(false) };
        }
        if PROVIDED.replace(true) {
            return;
        }
        // SAFETY: asks for and sets this thread's alternate stack; the memory given is never freed, because nobody can say
        // when the thread is past its last signal.
        unsafe {
            let mut present: libc::stack_t = MaybeUninit::zeroed().assume_init();
            libc::sigaltstack(ptr::null(), &raw mut present);
            if present.ss_flags & libc::SS_DISABLE != 0 {
                let memory = Box::leak(vec![0u8; STACK].into_boxed_slice());
                let stack = libc::stack_t { ss_sp: memory.as_mut_ptr().cast(), ss_flags: 0, ss_size: STACK };
                libc::sigaltstack(&raw const stack, ptr::null_mut());
            }
        }
    }

    unsafe extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        // SAFETY: the kernel hands valid structures to a `SA_SIGINFO` handler for a fault.
        let address = unsafe { (*info).si_addr() } as usize;
        let Some(trap) = trap_at(address) else {
            // SAFETY: the arguments are the kernel's own.
            return unsafe { pass_on(signal, info, context) };
        };
        // SAFETY: the fault is in the guard page of the fiber that runs, so its stack pointer is on that fiber's stack; the
        // fiber is never resumed where it was, and the registers are set as asked.
        unsafe {
            let registers = trap.setup_trap_handler(|| ());
            set_registers(&mut *context.cast(), &registers);
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn set_registers(context: &mut libc::ucontext_t, registers: &TrapHandlerRegs) {
        let set = &mut context.uc_mcontext.gregs;
        set[libc::REG_RIP as usize] = registers.rip as i64;
        set[libc::REG_RSP as usize] = registers.rsp as i64;
        set[libc::REG_RBP as usize] = registers.rbp as i64;
        set[libc::REG_RDI as usize] = registers.rdi as i64;
        set[libc::REG_RSI as usize] = registers.rsi as i64;
    }

    #[cfg(target_arch = "aarch64")]
    fn set_registers(context: &mut libc::ucontext_t, registers: &TrapHandlerRegs) {
        let set = &mut context.uc_mcontext;
        set.pc = registers.pc;
        set.sp = registers.sp;
        set.regs[0] = registers.x0;
        set.regs[1] = registers.x1;
        set.regs[29] = registers.x29;
        set.regs[30] = registers.lr;
    }

    /// # Safety
    ///
    /// To be called from a signal handler with the kernel's arguments.
    unsafe fn pass_on(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
        let index = usize::from(signal != SIGNALS[0]);
        // SAFETY: a handler that was installed is called as its own flags say; otherwise the default action is restored and
        // the faulting instruction runs again.
        unsafe {
            let before = BEFORE.get().map(|all| all[index]);
            match before.map(|action| (action.sa_sigaction, action.sa_flags & libc::SA_SIGINFO != 0)) {
                None | Some((libc::SIG_DFL | libc::SIG_IGN, _)) => {
                    libc::signal(signal, libc::SIG_DFL);
                }
                Some((handler, true)) => {
                    let handler: extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) =
                        std::mem::transmute(handler);
                    handler(signal, info, context);
                }
                Some((handler, false)) => {
                    let handler: extern "C" fn(libc::c_int) = std::mem::transmute(handler);
                    handler(signal);
                }
            }
        }
    }
}

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"), not(miri))))]
mod imp {
    pub(in super::super) fn page_size() -> usize {
        4096
    }

    pub(in super::super) fn install() {
        let _ = super::super::trap_at;
    }
}
