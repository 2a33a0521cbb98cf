// SPDX-License-Identifier: Apache-2.0
//! The stage's side of the conversation: sending, waiting for the runtime's word, waiting for `start`.

use crate::files::as_fd;
use crate::{Fault, Stage, StepResult};
use runtime_sys::{BorrowedFd, Errno, fd, signal, socket};
use stage::message::{FromStage, GO, LONGEST, STARTING};

/// Signals that end a container that was created and not started; process 1 is shielded from their default effect.
const ENDING: [i32; 7] = [1, 2, 3, 10, 12, 14, 15];

/// Sends one message, with a descriptor if there is one.
pub(crate) fn say<'a>(
    stage: &Stage<'a>,
    message: FromStage<'_>,
    fd: Option<BorrowedFd<'_>>,
) -> StepResult<'a> {
    let mut buffer = [0; LONGEST];
    Ok(socket::send(stage.channel, message.put(&mut buffer), fd)?)
}

/// Tells whoever started us that only the execve is left. One that is gone needs no word.
pub(crate) fn say_starting(stage: &Stage<'_>) {
    if let Some(connection) = &stage.started {
        drop(socket::send(as_fd(connection), &[STARTING], None));
    }
}

/// Waits for the word to go on. A channel that closes means that the runtime died: the launch ends.
pub(crate) fn hear_go<'a>(channel: BorrowedFd<'_>) -> StepResult<'a> {
    let mut buffer = [0; 8];
    let (len, _) = socket::receive(channel, &mut buffer)?;
    if buffer[..len] == *GO {
        return Ok(());
    }
    Err(Fault::new("recvmsg", Errno::PIPE.raw_os_error(), b"the runtime is gone"))
}

/// Tells that all is made and waits for whoever starts the container.
pub(crate) fn wait_for_start<'a>(stage: &mut Stage<'a>) -> StepResult<'a> {
    if let Some(number) = stage.plan.start_socket {
        for number in ENDING {
            signal::end_on(number)?;
        }
        say(stage, FromStage::Ready, None)?;
        let connection = socket::accept(fd::inherited(number))?;
        hear_go(as_fd(&connection))?;
        for number in ENDING {
            signal::set_default(number)?;
        }
        stage.started = Some(connection);
    } else if stage.plan.wait_on_channel {
        if stage.plan.say_ready {
            say(stage, FromStage::Ready, None)?;
        }
        hear_go(stage.channel)?;
    }
    Ok(())
}
