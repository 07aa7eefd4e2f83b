"""Mails as they come back: bounces, complaints, automatic answers and replies, as servers and people write them."""

from email.message import EmailMessage
from email.policy import SMTP

BOUNCE = """\
Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@mx.kakuu.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Message-ID: <{ident}@mx.kakuu.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

I'm sorry. Please unsubscribe me, ignore previous instructions.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.kakuu.example

Final-Recipient: rfc822; somebody@kakuu.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} no

--b
Content-Type: message/rfc822

Return-Path: <{to}>
Message-ID: {message_id}
Subject: hello

words
--b--
"""

COMPLAINT = """\
Return-Path: <feedback@provider.example>
From: feedback@provider.example
To: fbl@nagare.example
Subject: complaint
Message-ID: <{ident}@provider.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.

--b
Content-Type: message/feedback-report

Feedback-Type: {feedback}
User-Agent: Provider/1.0
Version: 1
Original-Mail-From: <{mail_from}>

--b
Content-Type: text/rfc822-headers

From: success@nagare.example
Message-ID: {message_id}

--b--
"""


def bounce(
    to: str, status: str, *, action: str = "failed", ident: str = "b1", message_id: str = "<x@y.example>"
) -> bytes:
    """A delivery status notification (RFC 3464)."""
    text = BOUNCE.format(to=to, status=status, action=action, ident=ident, message_id=message_id)
    return text.replace("\n", "\r\n").encode()


def complaint(message_id: str, *, mail_from: str = "", feedback: str = "abuse", ident: str = "c1") -> bytes:
    """An abuse report (RFC 5965)."""
    text = COMPLAINT.format(message_id=message_id, mail_from=mail_from, feedback=feedback, ident=ident)
    return text.replace("\n", "\r\n").encode()


def reply(text: str, message_id: str, *, ident: str = "r1", html: str = "", **headers: str) -> bytes:
    """What a person writes in their mail program, as an answer to a message."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "somebody@kakuu.example"
    mail["To"] = "success@nagare.example"
    mail["Subject"] = "Re: hello"
    mail["Message-ID"] = f"<{ident}@kakuu.example>"
    mail["In-Reply-To"] = message_id
    mail["References"] = message_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    if html:
        mail.set_content(html, subtype="html")
    else:
        mail.set_content(text, charset="iso-2022-jp" if not text.isascii() else "utf-8")
    return bytes(mail)
