"""Sign in and out. Redirects stay on this host (LoginView checks `next`); the session key changes at sign-in."""

from django.contrib.auth.views import LoginView, LogoutView

from workspaces.forms.sign_in import SignInForm


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "workspaces/login.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    http_method_names = ["post", "options"]
